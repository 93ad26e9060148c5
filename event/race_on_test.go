//go:build race

package event

const raceEnabled = true // the race detector allocates; zero-allocation tests skip
