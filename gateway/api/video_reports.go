package api

import (
	"context"

	"cardlink/fault"
)

// VideoInbox takes what an operator's video-message gateway reports, verifying who speaks. videosms/httpmms has the one engine.
type VideoInbox interface {
	// Take applies one call and returns its answer. header gives a request header by its name.
	Take(ctx context.Context, header func(name string) string, body []byte) (answer any, err error)
}

// videoReportHandlers let the operator's gateway report (docs/video-sms.md). The call carries a signature of its own instead of a credential.
type videoReportHandlers struct{ inbox VideoInbox }

func (h videoReportHandlers) routes() []route {
	return []route{{"POST", "/x/v1/video-sms/reports", "ReportVideoMessages", public, plain, h.report}}
}

func (h videoReportHandlers) report(ctx context.Context, r *Request) (any, error) {
	if h.inbox == nil {
		return nil, fault.New(fault.NoRoute, "no video message gateway is configured")
	}
	return h.inbox.Take(ctx, func(name string) string { return string(r.Request.Header.Peek(name)) }, r.PostBody())
}
