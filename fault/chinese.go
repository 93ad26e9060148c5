package fault

import "regexp"

// ruleForm is one form of rule: a pattern of the whole rule, and its Chinese with the pattern's groups.
type ruleForm struct {
	form *regexp.Regexp
	text string
}

// Rooms write their rules in English, in few forms. Here the forms are said in Chinese; names, numbers and values of the rule are carried over. A rule in a form of
// its own is shown as it is. A caller who wants to be sure of both languages uses the constructors of rules.go.
var phrases = []ruleForm{
	{form(`is required`), "必填"},
	{form(`is required with (\S+)`), "与${1}须同时提供"},
	{form(`is required when (\S+) is (\S+)`), "当${1}为${2}时必填"},
	{form(`is required for type (\S+)`), "类型为${1}时必填"},
	{form(`(?:.* )?does not exist(?:: .*)?`), "不存在"},
	{form(`does not exist; upload the file first`), "不存在，请先上传文件"},
	{form(`exists already`), "已存在"},
	{form(`is not approved`), "未审核通过"},
	{form(`is not waiting for review`), "不在待审核状态"},
	{form(`must be an integer`), "须为整数"},
	{form(`must be an integer from (\S+) to (\S+)`), "须为${1}到${2}之间的整数"},
	{form(`must be a page number from (\S+) to (\S+)`), "须为${1}到${2}之间的页码"},
	{form(`must be at most (\d+) characters`), "长度不能超过${1}个字符"},
	{form(`must be (\d+-\d+) characters`), "长度须为${1}个字符"},
	{form(`must be (\d+-\d+) characters and not blank`), "长度须为${1}个字符且不能为空白"},
	{form(`must be (\d+-\d+) characters for ([^,]+)`), "${2}时长度须为${1}个字符"},
	{form(`must be at most (\d+) bytes`), "不能超过${1}字节"},
	{form(`must be (\d+-\d+) bytes`), "须为${1}字节"},
	{form(`must be at most (\d+) ([KM]i?B)`), "不能超过${1}${2}"},
	{form(`must (?:be|hold) at most (\d+)(?: values)?`), "最多${1}项"},
	{form(`must hold (\d+-\d+) (?:values|ids|items)`), "须为${1}项"},
	{form(`must be (\d+-\d+)`), "须为${1}"},
	{form(`must be (\d+-\d+) for (\S+) (\S+)`), "${2}为${3}时须为${1}"},
	{form(`must be exactly one for (\S+) (\S+)`), "${1}为${2}时只能有一项"},
	{form(`must be digits`), "须为数字"},
	{form(`must be (\d+) digits`), "须为${1}位数字"},
	{form(`must be a time such as (\S+)`), "须为时间，例如${1}"},
	{form(`must be a year from (\d+) to (\d+)`), "年份须为${1}到${2}"},
	{form(`must not be after (\S+)`), "不能晚于${1}"},
	{form(`must not be before (\S+)`), "不能早于${1}"},
	{form(`must be a mobile phone number`), "须为手机号码"},
	{form(`must be text without control characters`), "不能包含控制字符"},
	{form(`must not hold <, >, several consecutive blanks or control characters`), "不能包含<、>、连续空格或控制字符"},
	{form(`must be an http or https URL of at most (\d+) characters`), "须为http或https地址，长度不能超过${1}个字符"},
	{form(`must be at most (\d+) days after (\S+) for group (\S+)`), "按${3}统计时不能超过${2}之后${1}天"},
	{form(`host must be a domain name or a public IP address`), "主机须为域名或公网IP地址"},
	{form(`must (?:be )?one of (.+)`), "须为以下之一：${1}"},
	{form(`must be ((?:[\w.-]+, )*[\w.-]+) or ([\w.-]+)`), "须为${1}或${2}"},
	{form(`must be ([\w.-]+)`), "须为${1}"},
	{form(`policy does not allow (\S+)`), "策略不允许${1}"},
	{form(`no API answers (.+)`), "API不存在：${1}"},
	{form(`too many login attempts; wait a minute`), "登录尝试过多，请一分钟后再试"},
}

// form makes a pattern of a whole rule.
func form(s string) *regexp.Regexp { return regexp.MustCompile(`^` + s + `$`) }

// longestRule bounds what is matched; longer rules stay in English.
const longestRule = 300

// translate says an English rule in Chinese, or gives "" if it is in no known form.
func translate(rule string) string {
	if rule == "" || len(rule) > longestRule {
		return ""
	}
	for _, forms := range [...][]ruleForm{phrases, templatePhrases()} {
		for _, p := range forms {
			if m := p.form.FindStringSubmatchIndex(rule); m != nil {
				return string(p.form.ExpandString(nil, p.text, rule, m))
			}
		}
	}
	return ""
}
