// Loaded before every test file. Node tears its handles down once more after a process has come to its natural end, and with
// a socket that was cut at the wrong moment that can spin for ever (seen with 24.21: FreeEnvironment, CleanupHandles). A test
// file that is through with everything, its handles closed and its results reported, would then hang until its timeout.
// The listener is added last, when nothing keeps the process alive any more: what the test runner does at `exit` comes first.
process.once('beforeExit', () => {
  process.on('exit', code => process.reallyExit(process.exitCode ?? code))
})
