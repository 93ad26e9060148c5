package identity

import "slices"

// Operate is the action of those who run the installation: reviews of all tenants, corrections of bills. No policy document grants it and tenant
// administrators do not have it: it comes with OperatorPolicy alone, which only the command line can attach to a user.
const Operate = "cardlink:operate"

// OperatorPolicy is the name of the policy that makes a user an operator.
const OperatorPolicy = "Cardlink Operator"

// operates reports whether a caller is an operator.
func operates(p Principal) bool { return slices.Contains(p.Policies, OperatorPolicy) }
