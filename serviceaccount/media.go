package serviceaccount

import "time"

// The kinds of pictures (api.md §17.1, file_type).
const (
	FilePubLogo     = "PUB_LOGO"
	FileBackground  = "BG_IMAGE"
	FileFastAppLogo = "FASTAPP_LOGO"
	FileOther       = "OTHER" // licences and letters: shown to the tenant and its reviewers only
)

// Media is a picture that a tenant uploaded.
type Media struct {
	ID          string // resource_id, 32 lower-case hex digits
	Tenant      string
	FileType    string
	FileName    string
	ContentType string // image/png, image/jpeg or image/bmp
	Size        int64  // bytes
	Width       int    // pixels
	Height      int
	Digest      string // lower-case hex SHA-256 of the content: the name of its blob
	CreatedAt   time.Time
}

// Path is the address of a picture on the edge, without origin and leading slash: the resource_url of api.md §17.1. What is served there never changes.
func (m *Media) Path() string { return "media/" + m.ID }

// Private reports whether the picture is for its tenant and reviewers only.
func (m *Media) Private() bool { return m.FileType == FileOther }
