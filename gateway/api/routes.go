package api

import (
	"slices"

	"cardlink/billing"
	"cardlink/callback"
	"cardlink/capability"
	"cardlink/dispatch"
	"cardlink/identity"
	"cardlink/render"
	"cardlink/report"
	"cardlink/review"
	"cardlink/serviceaccount"
	"cardlink/shortlink"
	"cardlink/templates"
	"cardlink/videosms"
)

// Rooms are what the face speaks to.
type Rooms struct {
	Identity   *identity.Service
	Templates  *templates.Service
	Previews   *templates.Previews // nil: previews of drafts have no address
	Rules      *render.Rules       // required with Templates: what stands in for what a vendor lacks
	Materials  *templates.Materials
	Links      *shortlink.Service
	Sends      *dispatch.Service
	Callbacks  *callback.Service
	Usage      *billing.Service
	Accounts   *serviceaccount.Service
	Reviews    *review.Desk
	Reports    *report.Service
	Capability *capability.Service
	Videos     *videosms.Service

	VideoInbox VideoInbox // nil: no gateway of video messages is configured
}

// routes is the whole API: every noun's file names its own operations.
func routes(d Rooms) []route {
	s := sendHandlers{d.Sends}
	return slices.Concat(
		newDescription().routes(),
		identityHandlers{d.Identity}.routes(),
		callbackHandlers{d.Callbacks}.routes(),
		linkHandlers{d.Links}.routes(),
		s.routes(),
		messageHandlers{d.Sends}.routes(),
		s.appRoutes(),
		suspendHandlers{d.Sends, d.Identity}.routes(),
		s.signatureRoutes(),
		s.smsTemplateRoutes(),
		templateHandlers{d.Templates, d.Previews, d.Rules}.routes(),
		materialHandlers{d.Materials}.routes(),
		usageHandlers{d.Usage}.routes(),
		correctionHandlers{d.Usage, d.Identity}.routes(),
		capabilityHandlers{d.Capability}.routes(),
		reportHandlers{d.Reports}.routes(),
		videoHandlers{d.Videos, d.Callbacks}.routes(),
		videoReportHandlers{d.VideoInbox}.routes(),
		domainHandlers{d.Links}.routes(),
		deadLetterHandlers{d.Callbacks}.routes(),
		reviewHandlers{d.Reviews}.routes(),
		accountHandlers{d.Accounts}.routes(),
		accountHandlers{d.Accounts}.portRoutes(),
		accountHandlers{d.Accounts}.companyRoutes(),
		s.blacklistRoutes(),
	)
}
