package identity

// Service keeps tenants.
type Service struct{}
