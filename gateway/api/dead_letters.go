package api

import (
	"context"
	"strconv"

	"cardlink/callback"
	"cardlink/fault"
)

// deadLetterHandlers show what could not be delivered to a customer, try it again, and set how pushes are signed.
type deadLetterHandlers struct{ room *callback.Service }

func (h deadLetterHandlers) routes() []route {
	return []route{
		{"GET", "/x/v1/callbacks/dead-letters", "ListDeadLetters", "kooMessage:deadLetter:list", plain, h.list},
		{"POST", "/x/v1/callbacks/replay", "ReplayDeadLetters", "kooMessage:deadLetter:replay", plain, h.replay},
		{"PUT", "/x/v1/callbacks/signing", "SetCallbackSigning", "te_admin", plain, h.sign},
	}
}

type deadLetterRow struct {
	ID       string `json:"id"`
	URLType  int    `json:"url_type"`
	Kind     string `json:"callback_type"`
	FactID   string `json:"fact_id"`
	Attempts int    `json:"attempts"`
	Result   string `json:"result"`
	DiedAt   string `json:"died_at"`
}

// list serves GET /x/v1/callbacks/dead-letters?limit=, newest first.
func (h deadLetterHandlers) list(ctx context.Context, r *Request) (any, error) {
	limit, err := queryLimit(r, 100, 1000)
	if err != nil {
		return nil, err
	}
	dead, err := h.room.DeadLetters(ctx, r.Principal.Tenant, limit)
	if err != nil {
		return nil, err
	}
	rows := make([]deadLetterRow, len(dead))
	for i, d := range dead {
		rows[i] = deadLetterRow{strconv.FormatInt(d.ID, 10), int(d.URLType), string(d.Kind), d.FactID, d.Attempts, d.Result, zulu(d.DiedAt)}
	}
	return struct {
		DeadLetters []deadLetterRow `json:"dead_letters"`
	}{rows}, nil
}

// maxReplay bounds the ids of one replay; without ids, all of a type are meant.
const maxReplay = 1000

// replay serves POST /x/v1/callbacks/replay {url_type, ids}.
func (h deadLetterHandlers) replay(ctx context.Context, r *Request) (any, error) {
	body, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	kind, texts := body.optional("url_type"), body.texts("ids")
	if err := body.complaint(); err != nil {
		return nil, err
	}
	if kind == nil {
		return nil, fault.In(fault.Parameter, "url_type", "is required")
	}
	if len(texts) > maxReplay {
		return nil, fault.Inf(fault.Parameter, "ids", "must hold at most %d ids", maxReplay)
	}
	ids := make([]int64, len(texts))
	for i, s := range texts {
		if ids[i], err = strconv.ParseInt(s, 10, 64); err != nil {
			return nil, fault.In(fault.Parameter, "ids["+strconv.Itoa(i)+"]", "must be digits")
		}
	}
	n, err := h.room.Replay(ctx, r.Principal.Tenant, callback.URLType(*kind), ids)
	if err != nil {
		return nil, err
	}
	return struct {
		Replayed int `json:"replayed"`
	}{n}, nil
}

// sign serves PUT /x/v1/callbacks/signing {mode, access_key, secret}: mode is standard, aksk or empty. The secret is never shown again.
func (h deadLetterHandlers) sign(ctx context.Context, r *Request) (any, error) {
	body, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	g := callback.Signing{Mode: callback.SigningMode(body.text("mode")), Access: body.text("access_key"), Secret: body.text("secret")}
	if err := body.complaint(); err != nil {
		return nil, err
	}
	if err := h.room.SetSigning(ctx, r.Principal.Tenant, g); err != nil {
		return nil, err
	}
	return ok(nil), nil
}
