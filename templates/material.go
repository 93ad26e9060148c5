package templates

// Kinds of material (api.md §6.1 resource_type).
const (
	kindImage     = "image"
	kindVideo     = "video"
	kindThumbnail = "thumbnail"
)
