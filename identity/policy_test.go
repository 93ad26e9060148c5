package identity

import (
	"strings"
	"testing"

	"cardlink/fault"
)

func may(action string, policies ...string) bool {
	return allowed(Principal{Policies: policies}, action)
}

// One letter per system policy, in the order of the table: rich message F R C D, basic edition F R C D, service accounts F R C.
func TestSystemPolicies(t *testing.T) {
	const none = "-----------"
	for action, want := range map[string]string{
		"kooMessage:devTemplate:list":          "FRCD-------",
		"kooMessage:devTemplate:create":        "F-CD-------",
		"kooMessage:devTemplate:delete":        "F--D-------",
		"kooMessage:devTemplate:update":        "F-CD-------",
		"kooMessage:devMobileCapability:check": "F-CD-------",
		"kooMessage:devSendTask:create":        "F-CD-------",
		"kooMessage:aimMsgSignature:delete":    "F--D-------",
		"kooMessage:vmsSendTask:list":          "FRCDFRCD---",
		"kooMessage:vmsTemplate:create":        "F-CDF-CD---",
		"kooMessage:aimSaPub:list":             "FRC-----FRC",
		"kooMessage:aimSaPort:create":          "F-C-----F-C",
		"kooMessage:aimSaMedia:upload":         "F-C-----F-C",
		"kooMessage:aimSaPort:delete":          "F-------F--",
		"kooMessage:numberFile:upload":         "F-C--------",
		"kooMessage:consoleTask:list":          "FRC--------",
		"kooMessage:nothing:list":              none,
		TeAdmin:                                none,
	} {
		got := make([]byte, len(systemPolicies))
		for i, p := range systemPolicies {
			got[i] = '-'
			if may(action, p.name) {
				got[i] = p.tick
			}
		}
		if string(got) != want {
			t.Errorf("%s: %s, want %s", action, got, want)
		}
	}
}

func TestAllowed(t *testing.T) {
	rule := func(effect string, actions ...string) Policy {
		return Policy{Statements: []Statement{{Effect: effect, Actions: actions}}}
	}
	all := "KooMessage FullAccess"
	for _, c := range []struct {
		name   string
		who    Principal
		action string
		want   bool
	}{
		{"a new user may do nothing", Principal{}, "kooMessage:devTemplate:list", false},
		{"but what is open to all", Principal{}, "", true},
		{"an administrator is no operator", Principal{Admin: true}, Operate, false},
		{"nor does a document that allows everything make one", Principal{Policies: []string{"mine"}, custom: []Policy{rule(Allow, "*")}}, Operate, false},
		{"an operator operates", Principal{Policies: []string{OperatorPolicy}}, Operate, true},
		{"and may do nothing else by it", Principal{Policies: []string{OperatorPolicy}}, "kooMessage:devTemplate:list", false},
		{"an administrator may do everything", Principal{Admin: true}, "kooMessage:aimSaPort:delete", true},
		{"callbacks are an administrator's", Principal{Admin: true}, TeAdmin, true},
		{"and nobody else's", Principal{Policies: []string{all}, custom: []Policy{rule(Allow, "*")}}, TeAdmin, false},
		{"a policy that is gone grants nothing", Principal{Policies: []string{"gone"}}, "kooMessage:devTemplate:list", false},
		{"an own policy", Principal{custom: []Policy{rule(Allow, "kooMessage:devTemplate:*")}}, "kooMessage:devTemplate:create", true},
		{"and no more than it says", Principal{custom: []Policy{rule(Allow, "kooMessage:devTemplate:*")}}, "kooMessage:devTemplateMaterial:create", false},
		{"deny beats a system policy", Principal{Policies: []string{all}, custom: []Policy{rule(Deny, "*:delete")}}, "kooMessage:devTemplate:delete", false},
		{"and leaves the rest", Principal{Policies: []string{all}, custom: []Policy{rule(Deny, "*:delete")}}, "kooMessage:devTemplate:create", true},
		{"deny beats allow whatever their order", Principal{custom: []Policy{rule(Deny, "kooMessage:*"), rule(Allow, "*")}}, "kooMessage:devTemplate:list", false},
		{"deny beats allow in one policy", Principal{custom: []Policy{{Statements: []Statement{{Allow, []string{"*"}}, {Deny, []string{"*"}}}}}}, "kooMessage:devTemplate:list", false},
	} {
		if got := allowed(c.who, c.action); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestMatchAction(t *testing.T) {
	for _, c := range []struct {
		pattern, action string
		want            bool
	}{
		{"a:b:c", "a:b:c", true}, {"a:b:c", "a:b:cd", false}, {"", "a", false}, {"*", "", true}, {"*", "a:b", true},
		{"a:*", "a:b:c", true}, {"a:*", "ab:c", false}, {"*:c", "a:b:c", true}, {"*:c", "a:b:cd", false},
		{"a*c*e", "abcde", true}, {"a*c*e", "abde", false}, {"a**e", "ae", true}, {"ab*ba", "aba", false}, {"*a*a*", "xaya", true},
	} {
		if got := matchAction(c.pattern, c.action); got != c.want {
			t.Errorf("%q, %q: %v", c.pattern, c.action, got)
		}
	}
}

func TestAll62OperationsHaveARight(t *testing.T) {
	seen := map[string]bool{"AddCallBack": true}
	actions := map[string]bool{}
	for _, g := range grants {
		if actions[g.action] {
			t.Errorf("%s stands in the table twice", g.action)
		}
		actions[g.action] = true
		if !strings.Contains(g.ticks, "F") {
			t.Errorf("FullAccess lacks %s", g.action)
		}
		if g.of == serviceAccount && strings.Contains(g.ticks, "D") {
			t.Errorf("%s: service accounts have no Development policy", g.action)
		}
		for op := range strings.FieldsSeq(g.operations) {
			if seen[op] {
				t.Errorf("%s stands in the table twice", op)
			}
			seen[op] = true
			if a, ok := ActionOf(op); !ok || a != g.action {
				t.Errorf("ActionOf(%s) = %s, %v", op, a, ok)
			}
		}
	}
	if len(seen) != 62 {
		t.Errorf("%d operations, want 62", len(seen))
	}
	if _, ok := ActionOf("NoSuchOperation"); ok {
		t.Error("an operation that does not exist has a right")
	}
	if a, ok := ActionOf("AddCallBack"); !ok || a != TeAdmin {
		t.Error("AddCallBack is for te_admin")
	}
}

func TestParsePolicy(t *testing.T) {
	p, err := ParsePolicy("mine", []byte(`{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["kooMessage:devTemplate:*"]},{"Effect":"Deny","Action":["*:delete"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ParsePolicy("mine", p.Document()); err != nil || len(again.Statements) != 2 || again.Statements[1].Effect != Deny {
		t.Fatalf("%+v, %v", again, err)
	}
	for name, doc := range map[string]string{
		"not JSON":          `{`,
		"no statement":      `{"Version":"1.1","Statement":[]}`,
		"an odd effect":     `{"Statement":[{"Effect":"allow","Action":["*"]}]}`,
		"no action":         `{"Statement":[{"Effect":"Allow","Action":[]}]}`,
		"a typing error":    `{"Statement":[{"Effect":"Deny","Action":["kooMessage:devTemplates:delete"]}]}`,
		"a condition":       `{"Statement":[{"Effect":"Allow","Action":["*"],"Condition":{"StringEquals":{"a":["b"]}}}]}`,
		"a resource":        `{"Statement":[{"Effect":"Allow","Action":["*"],"Resource":["x"]}]}`,
		"one string action": `{"Statement":[{"Effect":"Allow","Action":"*"}]}`,
	} {
		if _, err := ParsePolicy("mine", []byte(doc)); !fault.Has(err, fault.Parameter) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParsePolicy("KooMessage FullAccess", p.Document()); err == nil {
		t.Error("a policy took a system policy's name")
	}
}
