package app

import (
	"reflect"
	"strings"
	"testing"

	"cardlink/gateway/api"
)

func TestAPILimits(t *testing.T) {
	f := func(in APILimits, want api.Limits) {
		t.Helper()
		if want.Tenants == nil {
			want.Tenants = map[string]api.TenantLimits{}
		}
		if err := in.validate(); err != nil {
			t.Error(err)
		}
		if got := in.limits(); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v\n got %+v\nwant %+v", in, got, want)
		}
	}
	f(APILimits{}, api.Limits{Each: api.TenantLimits{Reads: api.Limit{Rate: 2000}, Writes: api.Limit{Rate: 2000}}, Failures: api.Limit{Rate: 10, Burst: 1000}})
	f(APILimits{Rate: -1, WriteRate: 5, WriteBurst: 7, RecipientRate: 1000, FailureRate: -1, Calls: 9}, api.Limits{
		Each: api.TenantLimits{Writes: api.Limit{Rate: 5, Burst: 7}, Recipients: api.Limit{Rate: 1000}}, Calls: 9})
	f(APILimits{Rate: 100, Tenants: []TenantLimit{{Tenant: "a", WriteRate: 7, RecipientRate: -1}, {Tenant: "b", Rate: -1}}, RecipientRate: 3}, api.Limits{
		Each: api.TenantLimits{Reads: api.Limit{Rate: 100}, Writes: api.Limit{Rate: 100}, Recipients: api.Limit{Rate: 3}}, Failures: api.Limit{Rate: 10, Burst: 1000},
		Tenants: map[string]api.TenantLimits{
			"a": {Reads: api.Limit{Rate: 100}, Writes: api.Limit{Rate: 7}},
			"b": {Writes: api.Limit{Rate: 100}, Recipients: api.Limit{Rate: 3}},
		}})
}

func TestAPILimitsAreValidated(t *testing.T) {
	err := Options{Nodes: -1, Limits: APILimits{Rate: -2, WriteBurst: mostRate + 1, Calls: -1, FailureRate: -3, Tenants: []TenantLimit{{Tenant: "a"}, {Tenant: "a", Burst: -9}, {}}}}.Validate()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"nodes:", "api-rate:", "api-write-burst:", "api-calls:", "api-failure-rate:", `"a" is empty or there twice`, `"" is empty`, "api-tenants: a: burst:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no complaint names %q:\n%v", want, err)
		}
	}
}
