namespace HomeSchool.DemoDistrict.Generator;

/// <summary>A person's sex, as OneRoster writes it.</summary>
internal enum Sex
{
    Female,
    Male,
}

/// <summary>When somebody was born; names have fashions.</summary>
internal enum Generation
{
    Child,
    Parent,
    Grandparent,
}

/// <summary>A name put together from common parts; nobody in particular is meant.</summary>
/// <param name="Family">The family name.</param>
/// <param name="Given">The given name.</param>
internal readonly record struct Name(Part Family, Part Given)
{
    private static readonly Part[] Families = Parts(
        """
        王wang 李li 张zhang 刘liu 陈chen 杨yang 黄huang 赵zhao 吴wu 周zhou 徐xu 孙sun 马ma 朱zhu 胡hu 郭guo 何he 林lin 高gao 罗luo
        郑zheng 梁liang 谢xie 宋song 唐tang 许xu 邓deng 韩han 冯feng 曹cao 彭peng 曾zeng 肖xiao 田tian 董dong 潘pan 袁yuan 蔡cai 蒋jiang
        余yu 于yu 杜du 叶ye 程cheng 魏wei 苏su 吕lv 丁ding 任ren 卢lu 姚yao 沈shen 钟zhong 姜jiang 崔cui 谭tan 陆lu 范fan 汪wang 廖liao
        石shi 金jin 韦wei 贾jia 夏xia 付fu 方fang 邹zou 熊xiong 白bai 孟meng 秦qin 邱qiu 侯hou 江jiang 尹yin 薛xue 闫yan 雷lei 龙long
        黎li 史shi 陶tao 贺he 毛mao 郝hao 顾gu 龚gong 邵shao 万wan 覃qin 武wu 钱qian 戴dai 严yan 欧阳ouyang 上官shangguan 诸葛zhuge
        """);

    // Two characters for most children, of which any first goes with any second.
    private static readonly Part[] Girls = Pairs(
        "梓zi 雨yu 欣xin 诗shi 思si 语yu 若ruo 沐mu 佳jia 可ke 依yi 书shu 芷zhi 嘉jia 晨chen 安an 静jing 知zhi 悦yue 清qing",
        "涵han 彤tong 怡yi 琪qi 瑶yao 萱xuan 妍yan 桐tong 宁ning 晴qing 岚lan 珂ke 蕊rui 禾he 言yan 心xin");

    private static readonly Part[] Boys = Pairs(
        "子zi 浩hao 宇yu 俊jun 梓zi 泽ze 明ming 文wen 天tian 嘉jia 奕yi 睿rui 致zhi 承cheng 景jing 博bo 书shu 一yi 云yun 立li",
        "轩xuan 然ran 辰chen 宸chen 航hang 霖lin 泽ze 睿rui 铭ming 远yuan 恒heng 阳yang 凯kai 川chuan 舟zhou 哲zhe");

    private static readonly Part[] Mothers = Parts(
        """
        芳fang 娜na 敏min 静jing 丽li 艳yan 娟juan 霞xia 燕yan 玲ling 婷ting 慧hui 莉li 洁jie 琴qin 晓燕xiaoyan 丽娟lijuan 海燕haiyan
        春梅chunmei 晓丽xiaoli 文静wenjing 雪梅xuemei 红梅hongmei 小芳xiaofang 佩佩peipei 亚男yanan 晓红xiaohong 蓉rong 倩qian 颖ying
        """);

    private static readonly Part[] Fathers = Parts(
        """
        伟wei 强qiang 磊lei 军jun 勇yong 杰jie 涛tao 超chao 刚gang 鹏peng 波bo 辉hui 斌bin 宁ning 峰feng 志强zhiqiang 建军jianjun 海涛haitao
        晓东xiaodong 文斌wenbin 志勇zhiyong 永强yongqiang 春生chunsheng 国栋guodong 俊峰junfeng 立新lixin 成龙chenglong 亮liang 凯kai 飞fei
        """);

    private static readonly Part[] Grandmothers = Parts(
        "秀英xiuying 桂英guiying 玉兰yulan 秀兰xiulan 桂兰guilan 玉珍yuzhen 凤英fengying 素珍suzhen 淑珍shuzhen 春兰chunlan 爱华aihua 玉梅yumei");

    private static readonly Part[] Grandfathers = Parts(
        "建国jianguo 国强guoqiang 德明deming 志明zhiming 永福yongfu 长林changlin 振华zhenhua 福生fusheng 树林shulin 玉山yushan 文德wende 光明guangming");

    /// <summary>In pinyin without tones, e.g. <c>zhangzihan</c>.</summary>
    public string Latin => Family.Latin + Given.Latin;

    /// <summary>Draws a family name.</summary>
    public static Part DrawFamily(Draw draw) => draw.OfCommon(Families);

    /// <summary>Draws a given name of a fashion.</summary>
    public static Part DrawGiven(Draw draw, Generation generation, Sex sex) => draw.Of((generation, sex) switch
    {
        (Generation.Child, Sex.Female) => Girls,
        (Generation.Child, _) => Boys,
        (Generation.Parent, Sex.Female) => Mothers,
        (Generation.Parent, _) => Fathers,
        (_, Sex.Female) => Grandmothers,
        _ => Grandfathers,
    });

    private static Part[] Parts(string list) => Array.ConvertAll(
        list.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries),
        word =>
        {
            var latin = word.AsSpan().IndexOfAnyInRange('a', 'z');
            return new Part(word[..latin], word[latin..]);
        });

    private static Part[] Pairs(string firsts, string seconds) =>
    [
        .. from first in Parts(firsts)
           from second in Parts(seconds)
           where first.Han != second.Han
           select new Part(first.Han + second.Han, first.Latin + second.Latin),
    ];
}

/// <summary>A part of a name.</summary>
/// <param name="Han">As it is written.</param>
/// <param name="Latin">In pinyin without tones.</param>
internal readonly record struct Part(string Han, string Latin);
