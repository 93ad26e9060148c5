package main

type auditCmd struct{}

func (auditCmd) Run() error { return nil }
