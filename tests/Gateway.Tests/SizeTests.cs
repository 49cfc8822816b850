using System.Net;
using System.Net.Http.Headers;

namespace HomeSchool.Gateway.Tests;

/// <summary>How large a request may be.</summary>
[Collection(Alone)]
public sealed class SizeTests
{
    private const string Alone = "alone";
    private const int Megabyte = 1 << 20;

    [Theory]
    [InlineData(Megabyte + 1, true)]
    [InlineData(20 * Megabyte, true)]
    [InlineData(Megabyte + 1, false)] // chunked: nobody knows how much will come
    public async Task Too_large_a_body_is_refused(int size, bool announced)
    {
        await using var gateway = await RunningGateway.StartAsync();

        using var body = new Zeros(size, announced);
        var answer = await gateway.Client.PostAsync(new Uri("/api/visits/appointments", UriKind.Relative), body);

        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await answer.ProblemAsync()).ShouldBe("request.too-large");
    }

    [Fact]
    public async Task A_body_up_to_the_limit_passes()
    {
        await using var gateway = await RunningGateway.StartAsync();

        using var body = new Zeros(Megabyte, announced: true);
        var answer = await gateway.Client.PostAsync(new Uri("/api/visits/appointments", UriKind.Relative), body);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_roster_streams_through_in_constant_memory(bool announced)
    {
        await using var gateway = await RunningGateway.StartAsync();
        const long Size = 400L * Megabyte;
        var before = GC.GetTotalMemory(forceFullCollection: true);

        using var body = new Zeros(Size, announced);
        var answer = await gateway.Client.PostAsync(new Uri("/api/archives/districts/1/imports", UriKind.Relative), body);

        (await answer.Content.ReadAsStringAsync()).ShouldBe(Size.ToString(System.Globalization.CultureInfo.InvariantCulture));
        (body.HighWater - before).ShouldBeLessThan(40L * Megabyte, "client, gateway and service together");
    }

    [Fact]
    public async Task A_client_that_is_refused_while_it_uploads_still_learns_why()
    {
        await using var gateway = await RunningGateway.StartAsync();
        using var body = new Zeros(20 * Megabyte, announced: true);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/archives/districts/1/imports") { Content = body };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer expired");

        var answer = await gateway.Client.SendAsync(request);

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_roster_has_its_limit_too()
    {
        await using var gateway = await RunningGateway.StartAsync(("Gateway:UploadBytes", "2000000"));

        using var body = new Zeros(2_000_001, announced: false);
        var answer = await gateway.Client.PostAsync(new Uri("/api/archives/districts/1/imports", UriKind.Relative), body);

        (await answer.ProblemAsync()).ShouldBe("request.too-large");
    }

    /// <summary>The memory of the whole process is measured: nothing else may run in it.</summary>
    [CollectionDefinition(Alone, DisableParallelization = true)]
    public sealed class AloneCollection;

    /// <summary>A body that is made while it is sent, and watches how much memory is in use meanwhile.</summary>
    private sealed class Zeros : HttpContent
    {
        private readonly long size;
        private readonly bool announced;

        public Zeros(long size, bool announced)
        {
            (this.size, this.announced) = (size, announced);
            Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        }

        public long HighWater { get; private set; }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var block = new byte[1 << 16];
            for (var left = size; left > 0; left -= block.Length)
            {
                await stream.WriteAsync(block.AsMemory(0, (int)Math.Min(left, block.Length)));
                HighWater = Math.Max(HighWater, GC.GetTotalMemory(forceFullCollection: false));
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = size;
            return announced;
        }
    }
}
