package api

import (
	"context"

	"cardlink/dispatch"
	"cardlink/fault"
	"cardlink/identity"
)

// suspendHandlers stop SMS applications, for operators; `cardlink app` is the same at the command line.
type suspendHandlers struct {
	room *dispatch.Service
	log  actLog
}

func (h suspendHandlers) routes() []route {
	return []route{{"POST", "/x/v1/sms-apps/status", "SetSmsAppStatus", identity.Operate, plain, h.set}}
}

// set serves POST /x/v1/sms-apps/status {tenant_id, app_id, status, words}. The words stand in the audit log. Without tenant_id the operator's own tenant is meant.
func (h suspendHandlers) set(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	tenant, id, status, words := b.text("tenant_id"), b.text("app_id"), b.enum("status"), b.text("words")
	if err := b.complaint(); err != nil {
		return nil, err
	}
	switch {
	case id == "":
		return nil, fault.Required("app_id")
	case status != dispatch.AppLaunched && status != dispatch.AppSuspended:
		return nil, fault.OneOf("status", dispatch.AppSuspended, dispatch.AppLaunched)
	case len([]rune(words)) > 500:
		return nil, fault.Length("words", 0, 500)
	}
	if tenant == "" {
		tenant = r.Principal.Tenant
	}
	a, err := h.room.SuspendApp(ctx, tenant, id, status == dispatch.AppSuspended)
	if err != nil {
		return nil, err
	}
	by := identity.Actor{Name: r.Principal.UserName, Remote: r.RemoteIP().String()}
	if err := h.log.Record(ctx, by, tenant, "SetSmsAppStatus", dispatch.AppAct(a, words)); err != nil {
		return nil, err
	}
	return struct {
		TenantID string `json:"tenant_id"`
		AppID    string `json:"app_id"`
		AppName  string `json:"app_name"`
		Status   string `json:"status"`
	}{tenant, a.ID, a.Name, a.Status}, nil
}
