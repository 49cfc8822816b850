using System.Text;

namespace HomeSchool.Identity.Tests;

/// <summary>Codes of authenticator apps, by the standards' own examples.</summary>
public sealed class TotpTests
{
    private static readonly byte[] Secret = Encoding.ASCII.GetBytes("12345678901234567890");

    // RFC 6238, appendix B: of the eight digits there the last six.
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void Codes_are_those_of_rfc_6238(long time, string code) =>
        Totp.CodeOf(Secret, Totp.StepAt(DateTimeOffset.FromUnixTimeSeconds(time))).ShouldBe(code);

    // RFC 4648, section 10.
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Secrets_are_written_in_base32(string bytes, string text) =>
        Totp.Base32(Encoding.ASCII.GetBytes(bytes)).ShouldBe(text);

    [Theory]
    [InlineData(-2, false)]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void A_clock_may_be_one_step_off(int steps, bool isFound)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1234567890);
        var step = Totp.StepAt(now) + steps;
        Totp.FindStep(Secret, Totp.CodeOf(Secret, step), now).ShouldBe(isFound ? step : null);
    }

    [Theory]
    [InlineData("123456", "123456")]
    [InlineData(" 123 456", "123456")]
    [InlineData("123-456", "123456")]
    [InlineData("１２３４５６", "123456")]
    [InlineData("12345", null)]
    [InlineData("1234567", null)]
    [InlineData("12345x", null)]
    [InlineData("١٢٣٤٥٦", null)]
    [InlineData("", null)]
    public void Codes_are_read_as_people_type_them(string typed, string? code) => Totp.Read(typed).ShouldBe(code);
}
