package dispatch

// Service accepts sends.
type Service struct{}
