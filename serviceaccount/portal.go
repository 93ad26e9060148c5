package serviceaccount

// Tel is a hotline on a home page.
type Tel struct {
	Tel   string `json:"tel"`
	Usage string `json:"usage"`
}

// FastApp is a quick app on a home page.
type FastApp struct {
	Name                string `json:"name"`
	LogoImg             string `json:"logo_img"` // resource id
	Description         string `json:"description"`
	Deeplink            string `json:"deeplink"` // hap://app/…
	DependEngineVersion string `json:"depend_engine_version"`
}

// PortalContent is what a revision of a home page sets (api.md §17.2, portal_request_body).
type PortalContent struct {
	BackgroundImg string    `json:"background_img"` // resource id
	Summary       string    `json:"summary"`
	Tels          []Tel     `json:"tels,omitempty"`
	FastApps      []FastApp `json:"fastapps,omitempty"`
	HWPubs        []string  `json:"hw_pubs,omitempty"` // kept, without effect
}

// Portal is the home page of an account. Its content is the version in force; while there is none, the revision submitted last.
type Portal struct {
	ID     string // portal_id, 32 lower-case hex digits
	PubID  string
	Tenant string
	PortalContent
	Life
	Pending *PortalContent // in review; nil = nothing is
}
