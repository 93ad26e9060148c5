//go:build race

package edge

const raceEnabled = true // the race detector allocates; zero-allocation tests skip
