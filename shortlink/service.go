package shortlink

// Service makes links and lists them.
type Service struct{}
