package api

import (
	"context"

	"cardlink/callback"
	"cardlink/fault"
)

type callbackHandlers struct{ room *callback.Service }

func (h callbackHandlers) routes() []route {
	return []route{
		{"POST", "/v1/aim/callbacks", "AddCallBack", "te_admin", aim, h.add},
		{"GET", "/v1/aim/callbacks", "ListAimCallbacks", "kooMessage:devCallback:list", aim, h.list},
	}
}

type callbackEntry struct {
	ID          string `json:"id"`
	CallbackURL string `json:"callback_url"`
	URLType     int    `json:"url_type"`
}

func newCallbackEntry(e callback.Endpoint) callbackEntry {
	return callbackEntry{e.ID, e.URL, int(e.URLType)}
}

// add serves AddCallBack (api.md §10.1).
func (h callbackHandlers) add(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	url, t := b.text("callback_url"), b.integer("url_type", 0)
	if err := b.complaint(); err != nil {
		return nil, err
	}
	if t < 0 || t > 2 {
		return nil, fault.OneOf("url_type", "0", "1", "2")
	}
	e, err := h.room.Register(ctx, r.Principal.Tenant, url, callback.URLType(t))
	if err != nil {
		return nil, err
	}
	return ok(newCallbackEntry(e)), nil
}

// list serves ListAimCallbacks (api.md §10.2).
func (h callbackHandlers) list(ctx context.Context, r *Request) (any, error) {
	es, err := h.room.List(ctx, r.Principal.Tenant)
	if err != nil {
		return nil, err
	}
	out := make([]callbackEntry, len(es))
	for i, e := range es {
		out[i] = newCallbackEntry(e)
	}
	return ok(out), nil
}
