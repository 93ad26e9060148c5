package api

import (
	"context"

	"cardlink/capability"
	"cardlink/fault"
)

type capabilityHandlers struct{ room *capability.Service }

func (h capabilityHandlers) routes() []route {
	return []route{
		{"POST", "/v1/aim/mobile-capabilities/check", "CheckMobileCapability", "kooMessage:devMobileCapability:check", aim, h.check},
	}
}

// capabilityAnswer is the answer of CheckMobileCapability (api.md A.6): every number as it was given.
type capabilityAnswer struct {
	SupportedMobiles   []string `json:"supported_mobiles"`
	UnsupportedMobiles []string `json:"unsupported_mobiles"`
	TplID              string   `json:"tpl_id,omitempty"`
}

// check is CheckMobileCapability (api.md §9).
func (h capabilityHandlers) check(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	q := capability.Request{Mobiles: b.texts("mobiles"), TplID: b.text("tpl_id"), Alg: b.enum("encryption_alg")}
	if err := b.complaint(); err != nil {
		return nil, err
	}
	res, err := h.room.Check(ctx, r.Principal.Tenant, q)
	if err != nil {
		return nil, err
	}
	return capabilityAnswer{res.Supported, res.Unsupported, q.TplID}, nil
}
