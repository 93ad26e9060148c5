package dispatch

// RaceEnabled tells the tests outside of the package.
const RaceEnabled = raceEnabled
