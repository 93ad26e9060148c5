package api

import (
	"context"
	"time"

	"cardlink/dispatch"
	"cardlink/fault"
)

// blacklistRoutes are who gets no marketing any more, and what handsets answered (api.md §21, §18.6).
func (h sendHandlers) blacklistRoutes() []route {
	return []route{
		{"GET", "/x/v1/blacklist", "ListBlacklist", "kooMessage:blacklist:list", plain, h.listBlacklist},
		{"POST", "/x/v1/blacklist", "AddToBlacklist", "kooMessage:blacklist:update", plain, h.addToBlacklist},
		{"POST", "/x/v1/blacklist/delete", "RemoveFromBlacklist", "kooMessage:blacklist:update", plain, h.removeFromBlacklist},
		{"GET", "/x/v1/replies", "ListReplies", "kooMessage:devSendTask:list", plain, h.listReplies},
	}
}

type blacklistRow struct {
	Mobile  string `json:"mobile"`
	Source  string `json:"source"`
	AddTime string `json:"add_time"`
}

// listBlacklist serves GET /x/v1/blacklist?mobile=&source=&offset=&limit=, newest first.
func (h sendHandlers) listBlacklist(ctx context.Context, r *Request) (any, error) {
	p, err := paging(r, false, 1_000_000, 100, 20)
	if err != nil {
		return nil, err
	}
	switch queryText(r, "source") {
	case "", dispatch.BlockedByReply, dispatch.BlockedByOperator:
	default:
		return nil, fault.OneOf("source", dispatch.BlockedByReply, dispatch.BlockedByOperator)
	}
	list, total, err := h.room.Blacklist(ctx, r.Principal.Tenant, dispatch.BlacklistFilter{
		Phone: queryText(r, "mobile"), Source: queryText(r, "source"), Page: dispatch.Page{Offset: p.Offset, Limit: p.Limit},
	})
	if err != nil {
		return nil, err
	}
	rows := make([]blacklistRow, len(list))
	for i, e := range list {
		rows[i] = blacklistRow{e.Phone, e.Source, zulu(e.AddedAt)}
	}
	return struct {
		Blacklist []blacklistRow `json:"blacklist"`
		PageInfo  pageInfo       `json:"page_info"`
	}{rows, pageInfo{p.Offset, p.Limit, total}}, nil
}

func (h sendHandlers) addToBlacklist(ctx context.Context, r *Request) (any, error) {
	mobiles, err := mobilesOf(r)
	if err != nil {
		return nil, err
	}
	n, err := h.room.AddToBlacklist(ctx, r.Principal.Tenant, mobiles)
	if err != nil {
		return nil, err
	}
	return struct {
		Added int `json:"added"`
	}{n}, nil
}

func (h sendHandlers) removeFromBlacklist(ctx context.Context, r *Request) (any, error) {
	mobiles, err := mobilesOf(r)
	if err != nil {
		return nil, err
	}
	n, err := h.room.RemoveFromBlacklist(ctx, r.Principal.Tenant, mobiles)
	if err != nil {
		return nil, err
	}
	return struct {
		Removed int `json:"removed"`
	}{n}, nil
}

func mobilesOf(r *Request) ([]string, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	b.require("mobiles")
	mobiles := b.texts("mobiles")
	return mobiles, b.complaint()
}

type replyRow struct {
	From   string `json:"from"`
	To     string `json:"to"`
	AppID  string `json:"app_id,omitempty"`
	Body   string `json:"body"`
	OptOut bool   `json:"opt_out"`
	Time   string `json:"create_time"`
}

// listReplies serves GET /x/v1/replies?app_id=&from=&opt_out=&begin_time=&end_time=&offset=&limit=, newest first; of the last week by default.
func (h sendHandlers) listReplies(ctx context.Context, r *Request) (any, error) {
	p, err := paging(r, false, 1_000_000, 100, 20)
	if err != nil {
		return nil, err
	}
	w, err := timeWindow(r, r.now(), 7*24*time.Hour)
	if err != nil {
		return nil, err
	}
	switch queryText(r, "opt_out") {
	case "", "true", "false":
	default:
		return nil, fault.Boolean("opt_out")
	}
	list, total, err := h.room.Replies(ctx, r.Principal.Tenant, dispatch.ReplyFilter{
		AppID: queryText(r, "app_id"), From: queryText(r, "from"), OptOuts: queryText(r, "opt_out") == "true",
		At: dispatch.Span{From: w.Begin, To: w.End}, Page: dispatch.Page{Offset: p.Offset, Limit: p.Limit},
	})
	if err != nil {
		return nil, err
	}
	rows := make([]replyRow, len(list))
	for i, x := range list {
		rows[i] = replyRow{x.From, x.To, x.AppID, x.Text, x.OptOut, zulu(x.At)}
	}
	return struct {
		Replies  []replyRow `json:"replies"`
		PageInfo pageInfo   `json:"page_info"`
	}{rows, pageInfo{p.Offset, p.Limit, total}}, nil
}
