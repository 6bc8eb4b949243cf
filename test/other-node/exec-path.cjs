// In an emulated Node `execPath` is the program that is emulated, which this machine cannot start.
process.execPath = process.env.TICKSWAP_NODE
