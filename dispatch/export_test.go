package dispatch

// RaceEnabled tells the tests outside of the package.
const RaceEnabled = raceEnabled

// JoinReplies is joinReplies.
var JoinReplies = joinReplies
