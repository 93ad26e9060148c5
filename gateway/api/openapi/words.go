package openapi

// words are the pages' own words by language. Descriptions are the document's and in English.
var words = map[string]map[string]string{
	"en": {
		"lang":  "en",
		"title": "API reference", "start": "Introduction", "errors": "Error codes", "menu": "Contents", "other": "中文", "operations": "Operations", "examples": "Examples",
		"parameters": "Parameters", "body": "Body", "answer": "Answer", "refusals": "Refusals", "sdk": "Go SDK",
		"required": "required", "default": "default", "extension": "not in the SDK",
		"right": "Right", "public": "none: open to all", "anyone": "any caller", "admin": "te_admin: administrators of the tenant", "family": "Refusals in the form", "sent": "Sent to you",
		"code": "Code", "status": "Status", "english": "English", "chinese": "Chinese", "empty": "The answer has no body.", "statuses": "Statuses",
		"codes": "Every code with its usual HTTP status. The text of an answer is mostly more precise: it names the field and the rule.",
		"lines": "The command lines take the address of this gateway from $API and a token from $TOKEN:", "helper": "The calls through the SDK use one line of help:", "skip": "Skip to the content", "path": "path", "query": "query", "header": "header", "characters": "chars", "items": "items", "each": "each",
	},
	"zh": {
		"lang":  "zh",
		"title": "API 参考", "start": "概述", "errors": "错误码", "menu": "目录", "other": "English", "operations": "接口", "examples": "示例",
		"parameters": "参数", "body": "请求体", "answer": "响应", "refusals": "错误", "sdk": "Go SDK",
		"required": "必填", "default": "默认", "extension": "SDK 中没有",
		"right": "权限", "public": "无需认证", "anyone": "任意已认证用户", "admin": "te_admin：租户管理员", "family": "错误格式", "sent": "推送给您",
		"code": "错误码", "status": "状态码", "english": "英文", "chinese": "中文", "empty": "响应没有内容。", "statuses": "状态码",
		"codes": "所有错误码及其常用 HTTP 状态码。实际响应的文字通常更具体，会指明字段与规则。",
		"lines": "命令行示例用 $API 表示网关地址，用 $TOKEN 表示令牌：", "helper": "SDK 示例中使用了一个辅助函数：", "skip": "跳到正文", "path": "路径", "query": "查询", "header": "请求头", "characters": "个字符", "items": "项", "each": "每项",
	},
}
