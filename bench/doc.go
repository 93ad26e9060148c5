// Package bench load-tests the product from outside: it starts the built program as child processes, drives it over its public faces, runs a reference in the same
// run in alternation, and reports ratios of medians with latency percentiles as a table, JSON and an HTML page with charts. It imports no room but the
// carrier simulator and the event envelope, so that it can see nothing a user cannot; only the workload render, which measures a function, imports that function's rooms.
package bench
