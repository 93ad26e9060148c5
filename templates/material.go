package templates

import "time"

// Kinds of material (api.md §6.1 resource_type).
const (
	kindImage     = "image"
	kindVideo     = "video"
	kindThumbnail = "thumbnail"
)

// Material is an image, a video, or a video's cover that a tenant uploaded; or a picture of the built-in gallery.
type Material struct {
	ID          string // material_id, a UUID
	ResourceID  string // aim_resource_id, 18 decimal digits: what templates refer to and what the edge serves
	Tenant      string // empty: of the gallery
	Kind        string // image, video, thumbnail
	FileName    string
	Description string
	Rate        string // image_rate; empty for a video
	ContentType string
	Ext         string // "png", "jpg", "mp4"
	Size        int64  // bytes
	Width       int    // pixels; of a video as it is shown
	Height      int
	Duration    time.Duration // video: rounded to milliseconds; 0 if its file does not say
	Digest      string        // lower-case hex SHA-256 of the content: the name of its blob
	Video       string        // thumbnail: ID of the video it belongs to
	Primary     bool          // thumbnail: it is the video's cover
	Generated   bool          // thumbnail: the system drew it when the video came
	CreatedAt   time.Time

	Thumbnail *Material // video: its primary cover
}

// Path is where the edge serves the content, without origin.
func (m *Material) Path() string { return "/m/" + m.ResourceID + "." + m.Ext }
