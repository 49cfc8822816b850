using QRCoder;

namespace HomeSchool.Identity;

/// <summary>QR codes as SVG images.</summary>
internal static class QrCode
{
    /// <summary>The image of a link.</summary>
    public static string Of(string link)
    {
        using var data = QRCodeGenerator.GenerateQrCode(link, QRCodeGenerator.ECCLevel.M);
        using var svg = new SvgQRCode(data);
        return svg.GetGraphic(pixelsPerModule: 4);
    }
}
