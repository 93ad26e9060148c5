package serviceaccount

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"cardlink/fault"
)

// Kinds of changes.
const (
	KindPub      = "pub"
	KindMenu     = "menu"
	KindPortal   = "portal"
	KindFreeze   = "freeze" // takes effect at once
	KindUnfreeze = "unfreeze"
	KindPort     = "port"
	KindBinding  = "binding" // of a port to an account
)

// Change is a line of the change log: who changed what, when and why, and what became of it. A change whose Verdict is InReview waits for Review.
type Change struct {
	ID        int64 // log_id; given by the store
	Tenant    string
	Kind      string
	ObjectID  string // of the account, menu, portal or port
	PubID     string // the account it belongs to; empty for a port that is not bound
	PubName   string // that account's name today; the store reads it and does not write it
	User      string // who submitted it
	Reason    string
	At        time.Time
	Before    json.RawMessage // content before it; nil if there was none
	After     json.RawMessage // content it asks for; nil if it has none
	Verdict   int             // InReview, Approved or Rejected
	Words     string          // of the reviewer
	DecidedAt time.Time       // zero while in review
	Urged     int             // how often the reviewers were asked to hurry
	UrgedAt   time.Time
}

// LogID is the id as the wire shows it: a decimal string.
func (c *Change) LogID() string { return strconv.FormatInt(c.ID, 10) }

// Pictures are the resource ids of the pictures that the change asks for: what a reviewer has to look at.
func (c *Change) Pictures() []string {
	var after struct {
		PubContent
		PortalContent
	}
	if len(c.After) == 0 || json.Unmarshal(c.After, &after) != nil {
		return nil
	}
	ids := []string{after.LogoImg, after.BackgroundImg}
	for _, a := range after.FastApps {
		ids = append(ids, a.LogoImg)
	}
	ids = append(ids, after.AuthorizationFiles...)
	return slices.DeleteFunc(ids, func(id string) bool { return id == "" })
}

// line is a change as it begins. before and after are contents, or nil.
func (s *Service) line(by Caller, kind, objectID, pubID, reason string, before, after any) *Change {
	c := &Change{
		Tenant: by.Tenant, Kind: kind, ObjectID: objectID, PubID: pubID, User: by.User, Reason: reason, At: s.o.Now().UTC(), Before: logged(before), After: logged(after),
		Verdict: s.verdict(),
	}
	if c.Verdict != InReview {
		c.DecidedAt = c.At
	}
	return c
}

// logged is a content as the change log holds it.
func logged(content any) json.RawMessage {
	if content == nil {
		return nil
	}
	b, _ := json.Marshal(content) // strings, numbers and booleans cannot fail
	return b
}

// submit makes next the newest revision of a content: in force at once if c is approved, else in review.
func submit[T any](l *Life, content *T, pending **T, next T, c *Change) {
	l.ApproveState, l.Reason, l.OperAt = c.Verdict, c.Reason, c.At
	if c.Verdict == InReview {
		*pending = &next
		if l.Version == 0 {
			*content = next
		}
		return
	}
	*content = next
	l.Version, l.OnlineAt = l.Version+1, c.At
}

// decide gives the revision in review its verdict.
func decide[T any](l *Life, content *T, pending **T, c *Change) {
	l.ApproveState, l.OperAt = c.Verdict, c.DecidedAt
	if c.Verdict == Approved && *pending != nil {
		*content = **pending
		l.Version, l.OnlineAt = l.Version+1, c.DecidedAt
	}
	*pending = nil
}

// changeable refuses changes of what is frozen or has a revision in review. field names it.
func (l Life) changeable(field string) error {
	switch {
	case l.Frozen:
		return fault.Said(field, "is frozen", "已冻结")
	case l.ApproveState == InReview:
		return fault.Said(field, "has a change in review; another one may follow its verdict", "有变更正在审核，审核结束后方可修改")
	}
	return nil
}

// refusal turns what a store answers into what a caller is told. field names the account, menu or portal, prefix stands before the fields of an account's content.
func refusal(err error, field, prefix string) error {
	switch {
	case errors.Is(err, ErrUnknown):
		return fault.NotFound(field)
	case errors.Is(err, ErrNameTaken):
		return fault.Said(prefix+"pub_name", "is the name of another company's service account", "其他企业已使用该服务号名称")
	case errors.Is(err, ErrRemarkTaken):
		return fault.Said(prefix+"pub_remark", "must differ from that of the company's other service account of this name", "同名服务号的备注须不同")
	case errors.Is(err, ErrWaiting):
		return Life{ApproveState: InReview}.changeable(field)
	}
	return err
}

// maxWords is the longest remark of a reviewer, in characters.
const maxWords = 500

// Review gives a change in review its verdict. id is the change's log_id, not its object's, so that nobody approves what he has not seen; kind must be its kind, so that a reviewer's slip cannot decide about something else. What
// was approved is in force when Review returns. A menu or a portal can be approved after its account only.
func (s *Service) Review(ctx context.Context, kind, id string, pass bool, words string) error {
	if chars(words) > maxWords {
		return fault.Length("words", 0, maxWords)
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return fault.NotFound("id")
	}
	c, err := s.o.Store.Change(ctx, n)
	if errors.Is(err, ErrUnknown) || err == nil && c.Kind != kind {
		return fault.NotFound("id")
	}
	if err != nil {
		return err
	}
	if c.Verdict != InReview {
		return decidedAlready()
	}
	c.Verdict, c.Words, c.DecidedAt = Rejected, words, s.o.Now().UTC()
	if pass {
		c.Verdict = Approved
	}
	switch kind {
	case KindPort:
		err = s.o.Store.DecidePort(ctx, c)
	default:
		err = s.reviewAccount(ctx, c)
	}
	switch {
	case errors.Is(err, ErrDecided):
		return decidedAlready()
	case err != nil:
		return refusal(err, "id", "")
	}
	s.o.Log.LogAttrs(ctx, slog.LevelInfo, "change reviewed", slog.String("tenant", c.Tenant), slog.String("kind", kind), slog.Int64("id", c.ID), slog.Bool("approved", pass))
	return nil
}

func decidedAlready() error {
	return fault.Said("id", "is not in review", "不在审核中")
}

func (s *Service) reviewAccount(ctx context.Context, c Change) error {
	ref := Ref{Tenant: c.Tenant, Kind: c.Kind, ID: c.ObjectID}
	if c.Kind == KindUnfreeze {
		ref.Kind = KindPub
	}
	return s.o.Store.ChangeAccount(ctx, ref, func(e *Edit) error {
		line := c
		e.Lines = append(e.Lines, &line)
		switch p := &e.Pub; c.Kind {
		case KindPub:
			decide(&p.Life, &p.PubContent, &p.Pending, &c)
		case KindUnfreeze:
			p.ApproveState, p.OperAt = c.Verdict, c.DecidedAt
			p.Frozen = p.Frozen && c.Verdict != Approved
		default:
			if p.Version == 0 && c.Verdict == Approved {
				return fault.Said("id", "belongs to a service account that is not approved; review that first", "所属服务号尚未审核通过")
			}
			if c.Kind == KindMenu {
				decide(&e.Menu.Life, &e.Menu.MenuContent, &e.Menu.Pending, &c)
			} else {
				decide(&e.Portal.Life, &e.Portal.PortalContent, &e.Portal.Pending, &c)
			}
		}
		return nil
	})
}

// mostReviews bounds one answer of PendingReviews and ChangeLog.
const mostReviews = 1000

// PendingReviews lists the changes of a kind, or with none of all kinds, that are in review, of all tenants, the oldest first, at most limit and never more than 1000.
func (s *Service) PendingReviews(ctx context.Context, kind string, limit int) ([]Change, error) {
	return s.o.Store.PendingChanges(ctx, kind, min(limit, mostReviews))
}

// ChangeLog lists what happened to an account and what belongs to it, the newest first, at most limit and never more than 1000.
func (s *Service) ChangeLog(ctx context.Context, tenant, pubID string, limit int) ([]Change, error) {
	return s.o.Store.Changes(ctx, tenant, pubID, min(limit, mostReviews))
}

// urged is the answer to who asked the reviewers to hurry.
const urged = "催审成功"

// urge asks the reviewers to hurry with a menu or home page: it is noted on the newest change of it, whose id is returned, with the words for the caller. field names
// what is urged. It is refused before the account is approved (api.md D-37) and while it is frozen.
func (s *Service) urge(ctx context.Context, ref Ref, field string) (logID, message string, err error) {
	a, err := s.o.Store.Account(ctx, ref)
	if err != nil {
		return "", "", refusal(err, field, "")
	}
	switch {
	case a.Pub.Frozen:
		return "", "", a.Pub.changeable(field)
	case a.Pub.Version == 0:
		return "", "", fault.Said(field, "belongs to a service account that is not approved", "所属服务号尚未审核通过")
	}
	id, err := s.o.Store.UrgeChange(ctx, ref.Tenant, ref.ID, s.o.Now().UTC())
	if err != nil {
		return "", "", refusal(err, field, "")
	}
	return strconv.FormatInt(id, 10), urged, nil
}
