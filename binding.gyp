{
  "targets": [
    {
      "target_name": "tickswap",
      "sources": [
        "native/addon/addon.cc",
        "native/addon/arena.cc",
        "native/addon/blake3.cc",
        "native/addon/objects.cc",
        "native/addon/writes.cc",
        "native/addon/memory.cc",
        "native/addon/kernels.cc",
        "native/addon/registry.cc",
        "native/addon/registry_read.cc",
        "native/addon/exit_store.cc",
        "native/addon/thread_time.cc",
        "native/src/arena.c",
        "native/src/arm64.c",
        "native/src/best.c",
        "native/src/blake3.c",
        "native/src/dirty.c",
        "native/src/hash.c",
        "native/src/kernels.c",
        "native/src/memory.c",
        "native/src/reader.c",
        "native/src/registry.c",
        "native/src/retired.c",
        "native/src/version.c",
        "native/src/words.c"
      ],
      "conditions": [
        ["target_arch=='arm64'", {
          "cflags": ["-mbranch-protection=standard"],
          "sources": [
            "native/arm64/arena.S",
            "native/arm64/hash.S",
            "native/arm64/version.S",
            "native/arm64/words.S"
          ]
        }]
      ],
      "include_dirs": ["native/include", "<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_DISABLE_DEPRECATED", "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS"],
      "cflags": ["-O3", "-Wall", "-Wextra", "-fvisibility=hidden"],
      "cflags_c": ["-std=c11"],
      "cflags_cc": ["-std=c++17", "-fno-exceptions", "-fvisibility-inlines-hidden"],
      "xcode_settings": {
        "GCC_OPTIMIZATION_LEVEL": "3",
        "GCC_C_LANGUAGE_STANDARD": "c11",
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0"
      }
    }
  ]
}
