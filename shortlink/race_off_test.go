//go:build !race

package shortlink

const raceEnabled = false
