package api

import (
	"context"
	"math"
	"slices"
	"strings"

	"cardlink/dispatch"
	"cardlink/fault"
)

func (h sendHandlers) appRoutes() []route {
	return []route{
		{"POST", "/v1/sms/apps", "CreateSmsApp", "kooMessage:aimMsgApp:create", plain, h.createApp},
		{"PUT", "/v1/sms/apps/{app_id}", "UpdateAimMsgApp", "kooMessage:aimMsgApp:update", plain, h.updateApp},
		{"GET", "/v1/sms/apps", "ListAimMsgApp", "kooMessage:aimMsgApp:list", plain, h.listApps},
		{"GET", "/v1/sms/apps/{app_id}", "ListAimMsgAppDetail", "kooMessage:aimMsgApp:list", plain, h.showApp},
	}
}

// smsAppName is the answer of CreateSmsApp and UpdateAimMsgApp.
type smsAppName struct {
	AppID   string `json:"app_id"`
	AppName string `json:"app_name"`
}

// createApp is CreateSmsApp (api.md §12.1).
func (h sendHandlers) createApp(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	name, uplink := b.text("app_name"), b.text("up_link_addr")
	if err := b.complaint(); err != nil {
		return nil, err
	}
	a, err := h.room.CreateApp(ctx, r.Principal.Tenant, name, uplink)
	if err != nil {
		return nil, err
	}
	return smsAppName{a.ID, a.Name}, nil
}

// updateApp is UpdateAimMsgApp (api.md §12.2). An absent up_link_addr leaves the address, an empty one removes it.
func (h sendHandlers) updateApp(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	c := dispatch.AppChange{Name: b.text("app_name")}
	if b.has("up_link_addr") {
		uplink := b.text("up_link_addr")
		c.UplinkURL = &uplink
	}
	if err := b.complaint(); err != nil {
		return nil, err
	}
	a, err := h.room.UpdateApp(ctx, r.Principal.Tenant, r.Param(0), c)
	if err != nil {
		return nil, err
	}
	return smsAppName{a.ID, a.Name}, nil
}

// smsAppRow is SmsApp (api.md §12.4).
type smsAppRow struct {
	AppID      string `json:"app_id"`
	AppName    string `json:"app_name"`
	Status     string `json:"status"`
	Region     string `json:"region"`
	CreateTime string `json:"create_time"`
	UpLinkAddr string `json:"up_link_addr,omitempty"`
}

func wireApp(a dispatch.App) smsAppRow {
	return smsAppRow{a.ID, a.Name, a.Status, "cn", noZone(a.CreatedAt), a.UplinkURL}
}

// listApps is ListAimMsgApp (api.md §12.3).
func (h sendHandlers) listApps(ctx context.Context, r *Request) (any, error) {
	p, span, err := smsListing(r, "begin_time")
	if err != nil {
		return nil, err
	}
	f := dispatch.AppFilter{Name: queryText(r, "app_name"), Created: span, Page: dispatch.Page(p)}
	if err := plainQuery(r, "app_name", 30); err != nil {
		return nil, err
	}
	if f.Status, err = queryOneOf(r, "status", dispatch.AppCreated, dispatch.AppLaunched, dispatch.AppSuspended); err != nil {
		return nil, err
	}
	apps, total, err := h.room.ListApps(ctx, r.Principal.Tenant, f)
	if err != nil {
		return nil, err
	}
	rows := make([]smsAppRow, len(apps))
	for i, a := range apps {
		rows[i] = wireApp(a)
	}
	return resultList(rows, p, total), nil
}

// showApp is ListAimMsgAppDetail (api.md §12.4).
func (h sendHandlers) showApp(ctx context.Context, r *Request) (any, error) {
	a, err := h.room.App(ctx, r.Principal.Tenant, r.Param(0))
	if err != nil {
		return nil, err
	}
	return wireApp(a), nil
}

// smsListing reads the page (default 10 rows) and the times of the lists of §12-§14. Each time counts alone, for no default window is documented.
func smsListing(r *Request, begin string) (page, dispatch.Span, error) {
	p, err := paging(r, false, math.MaxInt32, 100, 10)
	if err != nil {
		return page{}, dispatch.Span{}, err
	}
	var span dispatch.Span
	if s := queryText(r, begin); s != "" {
		if span.From, err = parseTime(begin, s); err != nil {
			return page{}, dispatch.Span{}, err
		}
	}
	if s := queryText(r, "end_time"); s != "" {
		if span.To, err = parseEnd("end_time", s); err != nil {
			return page{}, dispatch.Span{}, err
		}
	}
	return p, span, nil
}

// queryOneOf is a query parameter of a closed set, without the remark that the SDK's constants carry; empty if absent.
func queryOneOf(r *Request, name string, allowed ...string) (string, error) {
	s := strings.TrimSpace(queryEnum(r, name))
	if s == "" || slices.Contains(allowed, s) {
		return s, nil
	}
	return "", fault.Inf(fault.Parameter, name, "must be one of %s", strings.Join(allowed, ", "))
}

// resultList is the bare list shape of /v1/sms.
func resultList[T any](rows []T, p page, total int) any {
	return struct {
		Result   []T      `json:"result"`
		PageInfo pageInfo `json:"page_info"`
	}{rows, pageInfo{p.Offset, p.Limit, total}}
}
