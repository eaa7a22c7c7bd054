//go:build race

package funcs

// raceEnabled tells that the tests run with the race detector.
const raceEnabled = true
