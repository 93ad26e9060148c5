package billing

// Service answers usage.
type Service struct{}
