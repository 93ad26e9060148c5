package shortlink

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"cardlink/fault"
	"cardlink/templates"
)

// Options configure a Service. Store, Templates and Codec are required.
type Options struct {
	Store         Store
	Templates     Templates
	Codec         *Codec
	CodeLength    int    // characters of new standard codes, 6-10; default 8
	DefaultDomain string // for standard codes when a request names none; it must be registered for generation 1
	AnyJump       bool   // custom_url may lead to any host, not only to the tenant's registered ones
	ManualReview  bool   // domains and jump hosts that tenants register wait for an operator
	Now           func() time.Time
}

// Service makes links and lists them. Its methods are safe for concurrent use.
type Service struct {
	o     Options
	codes *Codec
	ids   minter
}

// NewService builds the room's service.
func NewService(o Options) (*Service, error) {
	if o.CodeLength == 0 {
		o.CodeLength = DefaultCode
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	var errs []error
	if o.Store == nil || o.Templates == nil || o.Codec == nil {
		errs = append(errs, errors.New("shortlink: Store, Templates and Codec are required"))
	}
	if o.CodeLength < MinCode || o.CodeLength > MaxCode {
		errs = append(errs, fmt.Errorf("shortlink: the code length must be %d-%d, not %d", MinCode, MaxCode, o.CodeLength))
	}
	if o.DefaultDomain != "" {
		d, err := ParseDomain(o.DefaultDomain)
		if err != nil {
			errs = append(errs, fmt.Errorf("shortlink: the default domain %q %w", o.DefaultDomain, err))
		}
		o.DefaultDomain = d
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Service{o: o, codes: o.Codec, ids: minter{lease: o.Store.LeaseLinkIDs}}, nil
}

// Draft checks a request and mints its links without storing them. Faults of the request as a whole come back as an error, faults of single
// items in Batch.Failed (api.md §7.1): dynamic parameters that are missing, a jump host that is not registered. Taken custom codes are found
// by the store alone, when the links are inserted.
func (s *Service) Draft(ctx context.Context, r Request) (Batch, error) {
	if err := r.check(); err != nil {
		return Batch{}, err
	}
	if r.GenerationType == "" {
		r.GenerationType = Standard
	}
	domain, err := s.domain(ctx, &r)
	if err != nil {
		return Batch{}, err
	}
	t, err := s.template(ctx, &r)
	if err != nil {
		return Batch{}, err
	}
	b := Batch{Template: t, Domain: domain, Times: r.Times, Links: make([]Link, 0, len(r.Items)), Index: make([]int, 0, len(r.Items))}
	if r.CodeType == typeIndividual {
		b.Times = 1 // another value has no effect (api.md D-04)
	}
	if err := s.mint(ctx, &r, &b); err != nil {
		return Batch{}, err
	}
	return b, nil
}

func (s *Service) domain(ctx context.Context, r *Request) (string, error) {
	name := r.Domain
	if name == "" {
		if r.GenerationType == Custom {
			return "", fault.In(fault.Parameter, "domain", "is required for generation_type 2")
		}
		if name = s.o.DefaultDomain; name == "" {
			return "", fault.In(fault.Parameter, "domain", "is required: no default domain is configured")
		}
	}
	name, err := ParseDomain(name)
	if err != nil {
		return "", fault.In(fault.Parameter, "domain", err.Error())
	}
	d, err := s.o.Store.Domain(ctx, r.Tenant, name)
	switch {
	case errors.Is(err, ErrNoDomain):
		return "", fault.In(fault.Parameter, "domain", "is not a registered short-link domain: "+name)
	case err != nil:
		return "", err
	case d.Generation != r.GenerationType:
		return "", fault.In(fault.Parameter, "domain", "is registered for generation_type "+d.Generation)
	case d.Frozen:
		return "", fault.In(fault.Parameter, "domain", "is frozen")
	case d.State == Pending || d.State == Rejected:
		return "", fault.In(fault.Parameter, "domain", "is not approved: its review is "+d.State)
	}
	return name, nil
}

// template finds the version to make links from. An unknown template has one code in sending and another in resolving (api.md §19.1).
func (s *Service) template(ctx context.Context, r *Request) (*templates.Template, error) {
	t, err := s.o.Templates.ForLinks(ctx, r.Tenant, r.TplID)
	if f := (*fault.Error)(nil); errors.As(err, &f) && (f.Code == fault.UnknownTemplate || f.Code == fault.UnknownTemplateID) {
		code := fault.UnknownTemplateID
		if r.FromSend {
			code = fault.UnknownTemplate
		}
		return nil, &fault.Error{Code: code, Field: "tpl_id", Rule: "template does not exist: " + r.TplID, Err: err}
	}
	if err != nil {
		return nil, err
	}
	if r.CodeType == typeGroup && len(t.Params) > 0 {
		return nil, fault.In(fault.ParameterMismatch, "aim_code_type", "must be individual for a template with dynamic parameters")
	}
	return t, nil
}

// mint makes a link of every item that can have one.
func (s *Service) mint(ctx context.Context, r *Request, b *Batch) error {
	var jumps JumpList
	if !s.o.AnyJump && r.GenerationType == Standard && r.hasJump() {
		hosts, err := s.o.Store.JumpHosts(ctx, r.Tenant)
		if err != nil {
			return err
		}
		jumps = allowed(hosts)
	}
	now := s.o.Now().UTC().Truncate(time.Millisecond)
	link := Link{ // what the links share
		Tenant: r.Tenant, TaskID: r.TaskID, TaskName: r.TaskName, User: r.User, FromSend: r.FromSend, Domain: b.Domain,
		Custom: r.GenerationType == Custom, Group: r.CodeType == typeGroup, TplID: b.Template.ID, TplVersion: b.Template.Version,
		TplName: b.Template.Name, Signs: r.Signs, Limit: b.Times, CreatedAt: now,
		ExpireAt: now.Truncate(time.Second).Add(time.Duration(r.Days) * 24 * time.Hour), // exact to the second, as it is shown
	}
	for i, it := range r.Items {
		fail := func(code fault.Code, text string) {
			b.Failed = append(b.Failed, Failed{Index: i, Item: it, Code: code, Text: text})
		}
		values, missing := it.params(b.Template)
		if missing != "" {
			fail(fault.ParameterMismatch, "dync_params."+missing+": is required by the template")
			continue
		}
		if f := b.Template.CheckValues(values); f != nil {
			fail(f.Code, f.Field+": "+f.Rule)
			continue
		}
		link.CustFlag, link.Params, link.CustomURL = it.CustFlag, values, ""
		if !link.Custom && it.CustomURL != "" {
			host, _ := jumpHost(it.CustomURL)
			if !s.o.AnyJump && !jumps.Allows(host) {
				fail(fault.Parameter, "custom_url: its host is not a registered jump domain: "+host)
				continue
			}
			link.CustomURL = it.CustomURL
		}
		link.Code = it.CustomCode
		b.Links = append(b.Links, link)
		b.Index = append(b.Index, i)
	}
	if len(b.Links) == 0 {
		return nil
	}
	first, err := s.ids.take(ctx, int64(len(b.Links)))
	if err != nil {
		return fmt.Errorf("lease link ids: %w", err)
	}
	code := make([]byte, 0, MaxCode)
	for i := range b.Links {
		l := &b.Links[i]
		l.ID = first + int64(i)
		if !l.Custom {
			if code, err = s.codes.AppendCode(code[:0], l.ID, s.o.CodeLength); err != nil {
				return err
			}
			l.Code = string(code)
		}
	}
	return nil
}

func (r *Request) hasJump() bool {
	for i := range r.Items {
		if r.Items[i].CustomURL != "" {
			return true
		}
	}
	return false
}

// Task is a resolve task as it was created.
type Task struct {
	ID        string // UUID
	Name      string
	CreatedAt time.Time
}

// CreateResolveTask drafts a request and stores its links: when it returns, they are durable and resolvable. An empty task id or name is
// given one. A group request whose one link cannot be made fails as a whole (api.md appendix A.2); items of other requests fail alone.
func (s *Service) CreateResolveTask(ctx context.Context, r Request, taskName string) (Batch, Task, error) {
	r.FromSend = false
	t := Task{ID: r.TaskID, Name: taskName, CreatedAt: s.o.Now().UTC()}
	if t.ID == "" {
		t.ID = uuid.NewString()
	}
	if t.Name == "" {
		t.Name = "Task_" + t.CreatedAt.Format("20060102150405") + "_" + t.ID[:4]
	}
	r.TaskID, r.TaskName = t.ID, t.Name
	b, err := s.Draft(ctx, r)
	if err != nil {
		return Batch{}, Task{}, err
	}
	if len(b.Links) > 0 {
		taken, err := s.o.Store.SaveResolveTask(ctx, b.Links)
		if err != nil {
			return Batch{}, Task{}, fmt.Errorf("store a resolve task: %w", err)
		}
		b.Drop(r.Items, taken)
	}
	if r.CodeType == typeGroup && len(b.Links) == 0 {
		f := b.Failed[0]
		return Batch{}, Task{}, fault.New(f.Code, f.Text)
	}
	return b, t, nil
}

// Drop moves the links at the given ascending indexes of b.Links to b.Failed: their custom codes are taken.
func (b *Batch) Drop(items []Item, taken []int) {
	if len(taken) == 0 {
		return
	}
	kept := 0
	for i := range b.Links {
		if len(taken) > 0 && taken[0] == i {
			taken = taken[1:]
			at := b.Index[i]
			b.Failed = append(b.Failed, Failed{Index: at, Item: items[at], Code: fault.DuplicateCode,
				Text: "duplicate custom short link: " + b.Links[i].Code})
			continue
		}
		b.Links[kept], b.Index[kept] = b.Links[i], b.Index[i]
		kept++
	}
	b.Links, b.Index = b.Links[:kept], b.Index[:kept]
}

// Revoke ends a link for good: edges answer it as gone within two seconds. It fails if the tenant has no such link.
func (s *Service) Revoke(ctx context.Context, tenant string, linkID int64) error {
	found, err := s.o.Store.RevokeLink(ctx, tenant, linkID, s.o.Now())
	if err == nil && !found {
		err = fault.New(fault.Parameter, "link does not exist: "+strconv.FormatInt(linkID, 10))
	}
	return err
}
