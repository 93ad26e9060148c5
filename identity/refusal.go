package identity

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"cardlink/fault"
)

// refusal is a failure that is counted and noted in the audit log.
type refusal struct {
	outcome outcome
	fault   *fault.Error
}

func (r *refusal) Error() string { return r.fault.Error() }

// Unwrap gives the fault that the caller of the API sees.
func (r *refusal) Unwrap() error { return r.fault }

// refuse is a refusal of the common kind. The text begins as the original's does, so that log searches of existing customers still find it.
func refuse(reason string) *refusal {
	return &refusal{refused, fault.New(fault.Unauthorized, "Incorrect IAM authentication information: "+reason)}
}

// refusals bounds what refused callers can make us write.
type refusals struct {
	each *limiter // per tenant, key and remote address: 5 entries at once, then one a minute
	all  *limiter // together: 200 at once, then two a second; beyond it refusals are counted by the metric and not recorded
}

func newRefusals() refusals {
	return refusals{newLimiter(5, time.Minute), newLimiter(200, 500*time.Millisecond)}
}

// refused counts and records a refusal and returns what the caller of the API is told. a holds what is known of the caller.
func (s *Service) refused(ctx context.Context, a Account, remote string, err error) error {
	var r *refusal
	if !errors.As(err, &r) {
		s.outcomes[broken].Inc()
		return err
	}
	s.outcomes[r.outcome].Inc()
	actor := a.Key.Access
	if actor == "" {
		actor = a.User.Name
	}
	now := s.now()
	if s.refusals.each.take(a.Tenant.ID+"|"+actor+"|"+network(remote), now) && s.refusals.all.take("", now) {
		e := Entry{
			Tenant: a.Tenant.ID, At: now, Actor: actor, Action: "Authenticate", Object: a.User.ID, Remote: remote, Outcome: r.fault.Text(fault.English),
		}
		// The caller is refused whether or not the log can be written.
		if err := s.store.AddAuditEntry(ctx, e); err != nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "a refused authentication was not recorded", slog.String("error", err.Error()))
		}
	}
	return r.fault
}
