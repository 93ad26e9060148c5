//go:build race

package shortlink

const raceEnabled = true // the race detector allocates; zero-allocation tests skip
