package serviceaccount

import (
	"context"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"cardlink/fault"
)

// Registration is what RegisterPort asks for (api.md §17.5).
type Registration struct {
	Number     string
	Type       PortType
	Signs      []string
	CheckSigns bool
	Files      []string // resource_id:resource_url
}

// RegisterPort registers a number for the caller's tenant. It is of use once it is approved, which it is at once unless reviews are by hand.
func (s *Service) RegisterPort(ctx context.Context, by Caller, r Registration) (Port, error) {
	p := Port{
		ID: newID(), Tenant: by.Tenant, Number: r.Number, Type: r.Type, Signs: r.Signs, CheckSigns: r.CheckSigns, ApproveState: s.verdict(), CreatedAt: s.o.Now().UTC(),
	}
	if err := checkPort(p); err != nil {
		return Port{}, err
	}
	var err error
	if p.Files, err = resourceIDs("authorization_files", r.Files); err != nil {
		return Port{}, err
	}
	if err := s.checkLetters(ctx, by.Tenant, "authorization_files", p.Files); err != nil {
		return Port{}, err
	}
	err = s.o.Store.AddPort(ctx, p, s.portChange(by, p, KindPort, "register", nil, p.logged()))
	if errors.Is(err, ErrPortTaken) {
		return Port{}, fault.Taken("port")
	}
	return p, err
}

// ListPorts lists a tenant's ports, newest first; total counts all that pass the filter.
func (s *Service) ListPorts(ctx context.Context, tenant string, f PortFilter) (list []Port, total int, err error) {
	if err := f.check(); err != nil {
		return nil, 0, err
	}
	return s.o.Store.Ports(ctx, tenant, f)
}

// ListBindings lists a tenant's bindings, newest first; total counts all that pass the filter.
func (s *Service) ListBindings(ctx context.Context, tenant string, f PortFilter) (list []Binding, total int, err error) {
	if err := f.check(); err != nil {
		return nil, 0, err
	}
	if utf8.RuneCountInString(f.PubName) > 64 {
		return nil, 0, fault.Length("pub_name", 0, 64)
	}
	return s.o.Store.Bindings(ctx, tenant, f)
}

func (f PortFilter) check() error {
	switch {
	case f.Number != "" && checkDigits(f.Number, PortNumber) != nil:
		return fault.Said("port", "must be 1-21 digits", "须为1-21位数字")
	case f.Type != 0 && f.Type != PortNumber && f.Type != PortPrefix && f.Type != PortSuffix:
		return fault.OneOf("port_type", "1", "3", "5")
	case utf8.RuneCountInString(f.Sign) > 18:
		return fault.Length("sign_search", 0, 18)
	}
	return nil
}

// Lock is what LockPort asks for (api.md §17.5).
type Lock struct {
	PubID    string
	PortID   string // ext_port_id
	Number   string // of the port, said once more
	Signs    []string
	Province string // areas joined by commas
}

// LockPort binds a port to an account, in some areas and for some of its signs. It takes effect at once: account and port were reviewed by themselves.
func (s *Service) LockPort(ctx context.Context, by Caller, l Lock) (Binding, error) {
	b := Binding{ID: newID(), Tenant: by.Tenant, PubID: l.PubID, Signs: l.Signs, CreatedAt: s.o.Now().UTC()}
	if !isID(l.PortID) {
		return Binding{}, fault.NotFound("ext_port_id")
	}
	if l.PubID == "" {
		return Binding{}, fault.Required("pub_id")
	}
	if err := checkDigits(l.Number, PortNumber); err != nil {
		return Binding{}, err
	}
	if err := checkSigns("sign", l.Signs); err != nil {
		return Binding{}, err
	}
	if n := utf8.RuneCountInString(l.Province); n < 1 || n > maxProvinceText {
		return Binding{}, fault.Length("province", 1, maxProvinceText)
	}
	if b.Areas = splitAreas(l.Province); len(b.Areas) == 0 {
		return Binding{}, fault.Required("province")
	}
	if err := checkAreas("province", b.Areas); err != nil {
		return Binding{}, err
	}
	pub, err := s.Pub(ctx, by.Tenant, l.PubID)
	switch {
	case errors.Is(err, ErrUnknown):
		return Binding{}, fault.NotFound("pub_id")
	case err != nil:
		return Binding{}, err
	case pub.Frozen:
		return Binding{}, fault.Said("pub_id", "is a frozen account", "服务号已冻结")
	case !pub.Live():
		return Binding{}, fault.Said("pub_id", "is an account that is not in force yet", "服务号尚未生效")
	}
	b.PubName, b.PubRemark = pub.Name, pub.Remark
	if b.Port, err = s.port(ctx, by.Tenant, l.PortID, "ext_port_id"); err != nil {
		return Binding{}, err
	}
	if b.Port.Number != l.Number {
		return Binding{}, fault.Said("port", "is not the number of the port ext_port_id", "与ext_port_id的通道号不一致")
	}
	c := s.portChange(by, b.Port, KindBinding, "bind", nil, b.logged())
	c.PubID, c.Verdict = b.PubID, Approved
	err = s.o.Store.AddBinding(ctx, b, c, func(p Port, others []Binding) error { return agreeToBinding(b, p, others) })
	if errors.Is(err, ErrUnknown) {
		return Binding{}, fault.NotFound("ext_port_id")
	}
	return b, err
}

// port reads a port that a caller named in a field.
func (s *Service) port(ctx context.Context, tenant, id, field string) (Port, error) {
	if !isID(id) {
		return Port{}, fault.NotFound(field)
	}
	p, err := s.o.Store.Port(ctx, tenant, id)
	if errors.Is(err, ErrUnknown) {
		return Port{}, fault.NotFound(field)
	}
	return p, err
}

// UnlockPort removes a binding by its id.
func (s *Service) UnlockPort(ctx context.Context, by Caller, id string) error {
	if !isID(id) {
		return fault.NotFound("id")
	}
	b, err := s.o.Store.Binding(ctx, by.Tenant, id)
	if err == nil {
		c := s.portChange(by, b.Port, KindBinding, "unbind", b.logged(), nil)
		c.PubID, c.Verdict = b.PubID, Approved
		err = s.o.Store.DeleteBinding(ctx, by.Tenant, id, c)
	}
	if errors.Is(err, ErrUnknown) {
		return fault.NotFound("id")
	}
	return err
}

// DeletePort gives a number back. A bound one is refused. It returns what was deleted.
func (s *Service) DeletePort(ctx context.Context, by Caller, id string) (Port, error) {
	p, err := s.port(ctx, by.Tenant, id, "port_id")
	if err != nil {
		return Port{}, err
	}
	c := s.portChange(by, p, KindPort, "delete", p.logged(), nil)
	c.Verdict = Approved
	err = s.o.Store.DeletePort(ctx, by.Tenant, id, c)
	switch {
	case errors.Is(err, ErrUnknown):
		return Port{}, fault.NotFound("port_id")
	case errors.Is(err, ErrPortBound):
		return Port{}, fault.Said("port_id", "is bound to an account; unbind it first", "通道号已绑定服务号，请先解绑")
	}
	return p, err
}

// verdict is what a new revision begins with.
func (s *Service) verdict() int {
	if s.o.ManualReview {
		return InReview
	}
	return Approved
}

// portChange is the line of the change log about a port.
func (s *Service) portChange(by Caller, p Port, kind, reason string, before, after json.RawMessage) Change {
	c := Change{
		Tenant: by.Tenant, Kind: kind, ObjectID: p.ID, User: by.User, Reason: reason, At: s.o.Now().UTC(), Before: before, After: after, Verdict: p.ApproveState,
	}
	if c.Verdict != InReview {
		c.DecidedAt = c.At
	}
	return c
}

// logged is a port as the change log holds it.
func (p Port) logged() json.RawMessage {
	b, _ := json.Marshal(struct { // strings and numbers cannot fail
		Port       string   `json:"port"`
		PortType   PortType `json:"port_type"`
		Sign       []string `json:"sign"`
		CheckSigns bool     `json:"sign_check"`
		Files      []string `json:"authorization_files"`
	}{p.Number, p.Type, p.Signs, p.CheckSigns, p.Files})
	return b
}

// logged is a binding as the change log holds it.
func (b Binding) logged() json.RawMessage {
	text, _ := json.Marshal(struct { // strings and numbers cannot fail
		ID       string   `json:"id"`
		Port     string   `json:"port"`
		PortType PortType `json:"port_type"`
		PubID    string   `json:"pub_id"`
		Sign     []string `json:"sign"`
		Areas    []string `json:"areas"`
	}{b.ID, b.Port.Number, b.Port.Type, b.PubID, b.Signs, b.Areas})
	return text
}
