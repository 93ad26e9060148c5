package api

import (
	"context"
	"math"
	"strconv"
	"time"

	"cardlink/fault"
	"cardlink/serviceaccount"
)

// portRoutes are the operations on ports (api.md §17.5).
func (h accountHandlers) portRoutes() []route {
	return []route{
		{"POST", "/v1/aim-sa/ports", "RegisterPort", "kooMessage:aimSaPort:create", plain, h.registerPort},
		{"GET", "/v1/aim-sa/ports", "ListPortInfos", "kooMessage:aimSaPort:list", plain, h.listPorts},
		{"POST", "/v1/aim-sa/ports/associate", "LockPort", "kooMessage:aimSaPort:create", plain, h.lockPort},
		{"POST", "/v1/aim-sa/ports/disassociate", "UnlockPort", "kooMessage:aimSaPort:delete", plain, h.unlockPort},
		{"DELETE", "/v1/aim-sa/ports/{port_id}", "DeletePortInfo", "kooMessage:aimSaPort:delete", plain, h.deletePort},
	}
}

// payload is the answer style of service accounts (api.md §3.2); most nest two of them.
type payload struct {
	Data any `json:"data"`
}

func (h accountHandlers) registerPort(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	b.require("port", "port_type", "sign", "sign_check", "authorization_files")
	in := serviceaccount.Registration{
		Number: b.text("port"), Type: serviceaccount.PortType(b.integer("port_type", 0)), Signs: b.texts("sign"), CheckSigns: zeroOrOne(b, "sign_check"),
		Files: b.texts("authorization_files"),
	}
	if err := b.complaint(); err != nil {
		return nil, err
	}
	p, err := h.room.RegisterPort(ctx, r.caller(), in)
	if err != nil {
		return nil, err
	}
	return payload{payload{struct {
		Port     string   `json:"port"`
		PortType int      `json:"port_type"`
		Sign     []string `json:"sign"`
	}{p.Number, int(p.Type), p.Signs}}}, nil
}

// caller is who asks, as the rooms that keep a change log want it.
func (r *Request) caller() serviceaccount.Caller {
	return serviceaccount.Caller{Tenant: r.Principal.Tenant, User: r.Principal.UserID}
}

// portRow is a port or a binding as lists show it (api.md §17.5). What a port does not have by itself is absent.
type portRow struct {
	ID                 string                   `json:"id"`
	Port               string                   `json:"port"`
	PortType           int                      `json:"port_type"`
	Sign               []string                 `json:"sign"`
	SignCheck          int                      `json:"sign_check"`
	IsBind             int                      `json:"is_bind"`
	AuthorizationFiles map[string]string        `json:"authorization_files"`
	CreateTime         string                   `json:"create_time"`
	PubID              string                   `json:"pub_id,omitempty"`
	PubName            string                   `json:"pub_name,omitempty"`
	Province           string                   `json:"province,omitempty"`
	PubList            []serviceaccount.PortPub `json:"pub_list,omitempty"`
}

func (h accountHandlers) portRowOf(p serviceaccount.Port) portRow {
	row := portRow{
		ID: p.ID, Port: p.Number, PortType: int(p.Type), Sign: p.Signs, AuthorizationFiles: make(map[string]string, len(p.Files)), CreateTime: zulu(p.CreatedAt),
		PubList: p.Pubs,
	}
	for _, id := range p.Files {
		row.AuthorizationFiles[id] = h.room.LetterURL(id)
	}
	if p.CheckSigns {
		row.SignCheck = 1
	}
	if len(p.Pubs) > 0 {
		row.IsBind = 1
	}
	return row
}

func (h accountHandlers) listPorts(ctx context.Context, r *Request) (any, error) {
	p, err := paging(r, false, math.MaxInt32, 100, 10)
	if err != nil {
		return nil, err
	}
	f := serviceaccount.PortFilter{Number: queryText(r, "port"), Sign: queryText(r, "sign_search"), Offset: p.Offset, Limit: p.Limit}
	list, err := queryChoice(r, "type", 0, 0, 1)
	if err != nil {
		return nil, err
	}
	kind, err := queryChoice(r, "port_type", 0, 1, 3, 5)
	if err != nil {
		return nil, err
	}
	f.Type = serviceaccount.PortType(kind)
	if f.From, err = queryTime(r, "start_time"); err != nil {
		return nil, err
	}
	if f.To, err = queryEnd(r, "end_time"); err != nil {
		return nil, err
	}
	bound, err := queryChoice(r, "is_bind", -1, 0, 1)
	if err != nil {
		return nil, err
	}
	var rows []portRow
	var total int
	if list == 0 {
		if bound >= 0 {
			yes := bound == 1
			f.Bound = &yes
		}
		rows, total, err = h.portRows(ctx, r, f)
	} else {
		f.PubName = queryText(r, "pub_name")
		rows, total, err = h.bindingRows(ctx, r, f)
	}
	if err != nil {
		return nil, err
	}
	return payload{struct {
		Data     []portRow `json:"data"`
		PageInfo pageInfo  `json:"page_info"`
	}{rows, pageInfo{p.Offset, p.Limit, total}}}, nil
}

func (h accountHandlers) portRows(ctx context.Context, r *Request, f serviceaccount.PortFilter) ([]portRow, int, error) {
	list, total, err := h.room.ListPorts(ctx, r.Principal.Tenant, f)
	rows := make([]portRow, len(list))
	for i, p := range list {
		rows[i] = h.portRowOf(p)
	}
	return rows, total, err
}

func (h accountHandlers) bindingRows(ctx context.Context, r *Request, f serviceaccount.PortFilter) ([]portRow, int, error) {
	list, total, err := h.room.ListBindings(ctx, r.Principal.Tenant, f)
	rows := make([]portRow, len(list))
	for i, b := range list {
		row := h.portRowOf(b.Port)
		row.ID, row.Sign, row.CreateTime, row.IsBind = b.ID, b.Signs, zulu(b.CreatedAt), 1
		row.PubID, row.PubName, row.Province = b.PubID, b.PubName, b.Province()
		rows[i] = row
	}
	return rows, total, err
}

// queryChoice is an integer of the query that must be one of a few, def if absent.
func queryChoice(r *Request, name string, def int, choices ...int) (int, error) {
	s := queryEnum(r, name)
	if s == "" {
		return def, nil
	}
	words := make([]string, len(choices))
	for i, c := range choices {
		if words[i] = strconv.Itoa(c); s == words[i] {
			return c, nil
		}
	}
	return 0, fault.OneOf(name, words...)
}

// queryTime is a time of the query, zero if absent.
func queryTime(r *Request, name string) (time.Time, error) {
	s := queryText(r, name)
	if s == "" {
		return time.Time{}, nil
	}
	return parseTime(name, s)
}

// queryEnd is the end of a window of the query, zero if absent.
func queryEnd(r *Request, name string) (time.Time, error) {
	s := queryText(r, name)
	if s == "" {
		return time.Time{}, nil
	}
	return parseEnd(name, s)
}

func (h accountHandlers) lockPort(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	b.require("pub_id", "port", "province", "sign", "ext_port_id")
	in := serviceaccount.Lock{
		PubID: b.text("pub_id"), PortID: b.text("ext_port_id"), Number: b.text("port"), Signs: b.texts("sign"), Province: b.text("province"),
	}
	if err := b.complaint(); err != nil {
		return nil, err
	}
	if _, err := h.room.LockPort(ctx, r.caller(), in); err != nil {
		return nil, err
	}
	return succeeded, nil
}

// message is the answer of operations that have nothing else to say.
type message struct {
	Message string `json:"message"`
}

var succeeded = payload{message{"成功"}}

func (h accountHandlers) unlockPort(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	b.require("id")
	id := b.text("id")
	if err := b.complaint(); err != nil {
		return nil, err
	}
	if err := h.room.UnlockPort(ctx, r.caller(), id); err != nil {
		return nil, err
	}
	return succeeded, nil
}

func (h accountHandlers) deletePort(ctx context.Context, r *Request) (any, error) {
	p, err := h.room.DeletePort(ctx, r.caller(), r.Param(0))
	if err != nil {
		return nil, err
	}
	return payload{payload{struct {
		Port     string `json:"port"`
		PortType int    `json:"port_type"`
	}{p.Number, int(p.Type)}}}, nil
}
