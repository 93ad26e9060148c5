package api

import (
	"cardlink/billing"
	"cardlink/callback"
	"cardlink/dispatch"
	"cardlink/identity"
	"cardlink/shortlink"
	"cardlink/templates"
)

// Rooms are what the face speaks to.
type Rooms struct {
	Identity  *identity.Service
	Templates *templates.Service
	Materials *templates.Materials
	Links     *shortlink.Service
	Sends     *dispatch.Service
	Callbacks *callback.Service
	Usage     *billing.Service
}

// routes is the whole API on one screen.
func routes(d Rooms) []route {
	t := templateHandlers{d.Templates}
	m := materialHandlers{d.Materials}
	l := linkHandlers{d.Links}
	s := sendHandlers{d.Sends}
	c := callbackHandlers{d.Callbacks}
	i := identityHandlers{d.Identity}
	u := usageHandlers{d.Usage}
	return []route{
		{"POST", "/v3/auth/tokens", "CreateToken", public, iam, i.createToken},
		{"GET", "/v3/projects", "ListProjects", "", iam, i.listProjects},

		{"POST", "/v1/aim/callbacks", "AddCallBack", "te_admin", aim, c.add},
		{"GET", "/v1/aim/callbacks", "ListAimCallbacks", "kooMessage:devCallback:list", aim, c.list},

		{"POST", "/v1/aim/resolve-tasks", "CreateResolveTask", "kooMessage:devResolveTask:create", aim, l.create},
		{"GET", "/v1/aim/resolve-tasks", "ListResolveTasks", "kooMessage:devResolveTask:list", aim, l.list},
		{"GET", "/v1/aim/resolve-details", "ListAimResolveDetails", "kooMessage:devResolveTask:list", aim, l.details},

		{"POST", "/v1/aim/send-tasks", "CreateAimSendTask", "kooMessage:devSendTask:create", aim, s.create},
		{"GET", "/v1/aim/send-tasks", "ListAimSendTasks", "kooMessage:devSendTask:list", aim, s.list},
		{"GET", "/v1/aim/send-details", "ListAimSendDetails", "kooMessage:devSendTask:list", aim, s.details},

		{"POST", "/v1/aim/templates", "CreateAimPersonalTemplate", "kooMessage:devTemplate:create", plain, t.create},
		{"GET", "/v1/aim/templates", "ListAimTemplates", "kooMessage:devTemplate:list", aim, t.list},
		{"PUT", "/v1/aim/template-state/{tpl_id}", "UpdatePersonalTemplateState", "kooMessage:devTemplate:update", plain, t.setState},
		{"DELETE", "/v1/aim/template/{tpl_id}", "DeleteAimPersonalTemplate", "kooMessage:devTemplate:delete", plain, t.delete},
		{"POST", "/v1/aim/template-materials", "UploadAimTemplateMaterial", "kooMessage:devTemplateMaterial:create", plain, m.upload},
		{"GET", "/v1/aim/template-materials", "ListAimTemplateMaterials", "kooMessage:devTemplateMaterial:list", plain, m.list},
		{"POST", "/v1/aim/template-materials/delete", "DeleteTemplateMaterial", "kooMessage:devTemplateMaterial:delete", plain, m.delete},

		{"POST", "/v1/sms/apps", "CreateSmsApp", "kooMessage:aimMsgApp:create", plain, s.createApp},
		{"GET", "/v1/sms/apps", "ListAimMsgApp", "kooMessage:aimMsgApp:list", plain, s.listApps},
		{"POST", "/v1/sms/signatures/files", "UploadAimMsgSignatureFile", "kooMessage:aimMsgSignature:create", plain, s.uploadFile},
		{"POST", "/v1/sms/signatures", "AddAimMsgSignature", "kooMessage:aimMsgSignature:create", plain, s.addSignature},
		{"GET", "/v1/sms/signatures", "ListAimMsgSignature", "kooMessage:aimMsgSignature:list", plain, s.listSignatures},
		{"POST", "/v1/sms/templates", "CreateAimMsgTemplate", "kooMessage:aimMsgTemplate:create", plain, s.createSMSTemplate},
		{"GET", "/v1/sms/templates", "ListAimMsgTemplate", "kooMessage:aimMsgTemplate:list", plain, s.listSMSTemplates},

		{"GET", "/x/v1/usage", "ShowUsage", "kooMessage:usage:list", plain, u.show},
	}
}
