package identity

import "strings"

// service is the part of the product an action belongs to; the system policies come in one family per part (api.md §2.4).
type service uint8

const (
	richMessage    service = 1 << iota // AIM: templates, links, sends, SMS
	videoMessage                       // AIM basic edition
	serviceAccount                     // SA
)

// grant says which kinds of policy hold an action. ticks are letters: F FullAccess, R ReadOnlyAccess, C CommonOperations, D Development.
type grant struct {
	of         service
	action     string
	ticks      string
	operations string // SDK method names the action is asked for, separated by blanks; empty for functions outside the v1 API
}

// grants is every action there is. AddCallBack is missing on purpose: it is for te_admin alone.
var grants = [...]grant{
	{richMessage, "kooMessage:devTemplate:list", "FRCD", "ListAimTemplates"},
	{richMessage, "kooMessage:devTemplate:create", "FCD", "CreateAimPersonalTemplate"},
	{richMessage, "kooMessage:devTemplate:delete", "FD", "DeleteAimPersonalTemplate"},
	{richMessage, "kooMessage:devTemplate:update", "FCD", "UpdatePersonalTemplateState"},
	{richMessage, "kooMessage:devTemplateMaterial:list", "FRCD", "ListAimTemplateMaterials ShowTemplateVideoThumbnail"},
	{richMessage, "kooMessage:devTemplateMaterial:create", "FCD", "UploadAimTemplateMaterial SetPrimaryVideoThumbnail"},
	{richMessage, "kooMessage:devTemplateMaterial:delete", "FD", "DeleteTemplateMaterial"},
	{richMessage, "kooMessage:devTemplateReport:list", "FRCD", "ListAimTemplateReports"},
	{richMessage, "kooMessage:devResolveTask:list", "FRCD", "ListResolveTasks ListAimResolveDetails"},
	{richMessage, "kooMessage:devResolveTask:create", "FCD", "CreateResolveTask"},
	{richMessage, "kooMessage:devMobileCapability:check", "FCD", "CheckMobileCapability"},
	{richMessage, "kooMessage:devSendTask:list", "FRCD", "ListAimSendTasks ListAimSendDetails ListAimSendReports"},
	{richMessage, "kooMessage:devSendTask:create", "FCD", "CreateAimSendTask SendAimBatchMessages SendAimBatchDifferentMessages"},
	{richMessage, "kooMessage:devCallback:list", "FRCD", "ListAimCallbacks"},
	{richMessage, "kooMessage:aimMsgApp:list", "FRCD", "ListAimMsgApp ListAimMsgAppDetail"},
	{richMessage, "kooMessage:aimMsgApp:create", "FCD", "CreateSmsApp"},
	{richMessage, "kooMessage:aimMsgApp:update", "FCD", "UpdateAimMsgApp"},
	{richMessage, "kooMessage:aimMsgSignature:list", "FRCD", "ListAimMsgSignature ListAimMsgSignatureDetail ShowAimMsgSignatureFileInfo"},
	{richMessage, "kooMessage:aimMsgSignature:create", "FCD", "AddAimMsgSignature UploadAimMsgSignatureFile"},
	{richMessage, "kooMessage:aimMsgSignature:update", "FCD", "UpdateAimMsgSignature"},
	{richMessage, "kooMessage:aimMsgSignature:delete", "FD", "DeleteAimMsgSignature"},
	{richMessage, "kooMessage:aimMsgTemplate:list", "FRCD", "ListAimMsgTemplate ShowAimMsgTemplateDetail ShowAimMsgTemplateVariable"},
	{richMessage, "kooMessage:aimMsgTemplate:create", "FCD", "CreateAimMsgTemplate"},
	{richMessage, "kooMessage:aimMsgTemplate:update", "FCD", "UpdateAimMsgTemplate"},
	{richMessage, "kooMessage:aimMsgTemplate:delete", "FD", "DeleteAimMsgTemplate"},

	{videoMessage, "kooMessage:vmsTemplate:list", "FRCD", "ListVmsTemplateStatus"},
	{videoMessage, "kooMessage:vmsTemplate:create", "FCD", "CreateVmsTemplate"},
	{videoMessage, "kooMessage:vmsSendTask:list", "FRCD", "ListVmsSendTasks"},
	{videoMessage, "kooMessage:vmsSendTask:create", "FCD", "CreateVmsSendTask"},
	{videoMessage, "kooMessage:vmsCallback:list", "FRCD", "ListVmsCallbacks"},
	{videoMessage, "kooMessage:vmsCallback:create", "FCD", "AddVmsCallBack"},

	{serviceAccount, "kooMessage:aimSaPub:list", "FRC", "ListPubInfos"},
	{serviceAccount, "kooMessage:aimSaPub:create", "FC", "CreatePubInfo"},
	{serviceAccount, "kooMessage:aimSaPub:update", "FC", "UpdatePubInfo"},
	{serviceAccount, "kooMessage:aimSaPub:delete", "F", "FreezePub UnfreezePub"},
	{serviceAccount, "kooMessage:aimSaMenu:list", "FRC", "ListMenus"},
	{serviceAccount, "kooMessage:aimSaMenu:create", "FC", "PushMenuInfo"},
	{serviceAccount, "kooMessage:aimSaMenu:update", "FC", "UpdateMenu"},
	{serviceAccount, "kooMessage:aimSaPortal:list", "FRC", "ListPortalInfos"},
	{serviceAccount, "kooMessage:aimSaPortal:create", "FC", "PushPortalInfo"},
	{serviceAccount, "kooMessage:aimSaPortal:update", "FC", "UpdatePortalInfo"},
	{serviceAccount, "kooMessage:aimSaPort:list", "FRC", "ListPortInfos"},
	{serviceAccount, "kooMessage:aimSaPort:create", "FC", "RegisterPort LockPort"},
	{serviceAccount, "kooMessage:aimSaPort:delete", "F", "UnlockPort DeletePortInfo"},
	{serviceAccount, "kooMessage:aimSaMedia:upload", "FC", "UploadMedia"},

	// Functions of the web console and of our extensions: console work is not for Development (api.md §2.4).
	{richMessage, "kooMessage:usage:list", "FRCD", ""},
	{richMessage, "kooMessage:domain:list", "FRC", ""},
	{richMessage, "kooMessage:domain:create", "FC", ""},
	{richMessage, "kooMessage:domain:delete", "F", ""},
	{richMessage, "kooMessage:company:list", "FRC", ""},
	{richMessage, "kooMessage:company:update", "FC", ""},
	{richMessage, "kooMessage:deadLetter:list", "FRCD", ""},
	{richMessage, "kooMessage:deadLetter:replay", "FCD", ""},
	{richMessage, "kooMessage:blacklist:list", "FRCD", ""},
	{richMessage, "kooMessage:blacklist:update", "FCD", ""},
	{richMessage, "kooMessage:numberFile:upload", "FC", ""},
	{richMessage, "kooMessage:numberFile:list", "FRC", ""},
	{richMessage, "kooMessage:linkFile:create", "FC", ""},
	{richMessage, "kooMessage:linkFile:download", "FC", ""},
	{richMessage, "kooMessage:consoleTask:create", "FC", ""},
	{richMessage, "kooMessage:consoleTask:list", "FRC", ""},
	{videoMessage, "kooMessage:vmsNumberFile:upload", "FC", ""},
	{videoMessage, "kooMessage:vmsNumberFile:download", "FC", ""},
	{videoMessage, "kooMessage:vmsConsoleTask:list", "FRC", ""},
}

// family is a system policy: a kind of access to some parts of the product.
type family struct {
	name string
	of   service
	tick byte
}

// systemPolicies are the eleven of the wire contract. The rich-message family covers the others too, except that Development does not reach
// service accounts, which have no Development policy at all.
var systemPolicies = [...]family{
	{"KooMessage FullAccess", richMessage | videoMessage | serviceAccount, 'F'},
	{"KooMessage ReadOnlyAccess", richMessage | videoMessage | serviceAccount, 'R'},
	{"KooMessage CommonOperations", richMessage | videoMessage | serviceAccount, 'C'},
	{"KooMessage Development", richMessage | videoMessage, 'D'},
	{"KooMessage Basic Edition FullAccess", videoMessage, 'F'},
	{"KooMessage Basic Edition ReadOnlyAccess", videoMessage, 'R'},
	{"KooMessage Basic Edition CommonOperations", videoMessage, 'C'},
	{"KooMessage Basic Edition Development", videoMessage, 'D'},
	{"KooMessage SA FullAccess", serviceAccount, 'F'},
	{"KooMessage SA ReadOnlyAccess", serviceAccount, 'R'},
	{"KooMessage SA CommonOperations", serviceAccount, 'C'},
}

func systemPolicy(name string) *family {
	for i := range systemPolicies {
		if systemPolicies[i].name == name {
			return &systemPolicies[i]
		}
	}
	return nil
}

func (f *family) grants(action string) bool {
	for i := range grants {
		if grants[i].action == action {
			return grants[i].of&f.of != 0 && strings.IndexByte(grants[i].ticks, f.tick) >= 0
		}
	}
	return false
}

// SystemPolicies lists the names of the system policies.
func SystemPolicies() []string {
	names := make([]string, len(systemPolicies))
	for i := range systemPolicies {
		names[i] = systemPolicies[i].name
	}
	return names
}

// ActionOf is the right that an SDK operation asks for; ok is false for a name that is no operation.
func ActionOf(operation string) (action string, ok bool) {
	if operation == "AddCallBack" {
		return TeAdmin, true
	}
	for i := range grants {
		for op := range strings.FieldsSeq(grants[i].operations) {
			if op == operation {
				return grants[i].action, true
			}
		}
	}
	return "", false
}
