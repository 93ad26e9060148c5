package api

import (
	"context"
	"math"

	"cardlink/dispatch"
)

func (h sendHandlers) appRoutes() []route {
	return []route{
		{"POST", "/v1/sms/apps", "CreateSmsApp", "kooMessage:aimMsgApp:create", plain, h.createApp},
		{"GET", "/v1/sms/apps", "ListAimMsgApp", "kooMessage:aimMsgApp:list", plain, h.listApps},
	}
}

// smsAppBody is the body of CreateSmsApp (api.md §12.1).
type smsAppBody struct {
	AppName    text `json:"app_name"`
	UpLinkAddr text `json:"up_link_addr"`
}

func (h sendHandlers) createApp(ctx context.Context, r *Request) (any, error) {
	var in smsAppBody
	if err := decode(r.PostBody(), &in); err != nil {
		return nil, err
	}
	a, err := h.room.CreateApp(ctx, r.Principal.Tenant, in.AppName.Value, in.UpLinkAddr.Value)
	if err != nil {
		return nil, err
	}
	return struct {
		AppID   string `json:"app_id"`
		AppName string `json:"app_name"`
	}{a.ID, a.Name}, nil
}

// smsAppRow is an application as lists show it (api.md §12.4).
type smsAppRow struct {
	AppID      string `json:"app_id"`
	AppName    string `json:"app_name"`
	Status     string `json:"status"`
	Region     string `json:"region"`
	CreateTime string `json:"create_time"`
	UpLinkAddr string `json:"up_link_addr,omitempty"`
}

func (h sendHandlers) listApps(ctx context.Context, r *Request) (any, error) {
	p, span, err := smsListing(r, "begin_time")
	if err != nil {
		return nil, err
	}
	apps, total, err := h.room.ListApps(ctx, r.Principal.Tenant, dispatch.AppFilter{
		Name: queryText(r, "app_name"), Status: queryEnum(r, "status"), Created: span, Page: dispatch.Page(p),
	})
	if err != nil {
		return nil, err
	}
	rows := make([]smsAppRow, len(apps))
	for i, a := range apps {
		rows[i] = smsAppRow{a.ID, a.Name, a.Status, "cn", noZone(a.CreatedAt), a.UplinkURL}
	}
	return resultList(rows, p, total), nil
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
		if span.To, err = parseTime("end_time", s); err != nil {
			return page{}, dispatch.Span{}, err
		}
	}
	return p, span, nil
}

// resultList is the bare list shape of /v1/sms.
func resultList[T any](rows []T, p page, total int) any {
	return struct {
		Result   []T      `json:"result"`
		PageInfo pageInfo `json:"page_info"`
	}{rows, pageInfo{p.Offset, p.Limit, total}}
}
