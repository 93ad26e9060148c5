package templates

// Service keeps templates.
type Service struct{}

// Materials keeps images and videos.
type Materials struct{}
