package dispatch

import (
	"context"

	"cardlink/fault"
)

// SuspendApp stops an application or takes it back into service (api.md §12). A suspended one takes no sends and no new signatures; what is queued already goes out.
// It is the operator's act, not the tenant's; doing it twice changes nothing.
func (s *Service) SuspendApp(ctx context.Context, tenant, id string, suspended bool) (App, error) {
	a, err := s.App(ctx, tenant, id)
	if err != nil {
		return App{}, err
	}
	a.Status = AppLaunched
	if suspended {
		a.Status = AppSuspended
	}
	return a, unknownRow(s.store.SetAppStatus(ctx, tenant, id, a.Status), "app_id")
}

// suspended is the fault of a send through a suspended application, nil if the template's is in service.
func (t *SMSTemplate) suspended(field string) error {
	if t.AppStatus == AppSuspended {
		return fault.Said(field, "the application of the SMS template is suspended", "短信模板所属应用已停用")
	}
	return nil
}

// AppAct is how a change of an application's state stands in the audit log.
func AppAct(a App, words string) string {
	act := "sms_app " + a.ID + " " + a.Status
	if words != "" {
		act += ": " + words
	}
	return act
}
