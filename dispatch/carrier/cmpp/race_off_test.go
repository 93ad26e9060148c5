//go:build !race

package cmpp

const raceEnabled = false
