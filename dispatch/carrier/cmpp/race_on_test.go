//go:build race

package cmpp

const raceEnabled = true
