using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Identity.Pages;

/// <summary>
/// The service's own pages, under <c>/account</c>: they call the handlers that the API has, and decide nothing themselves.
/// </summary>
internal static class AllPages
{
    /// <summary>Why these endpoints ask for no permission.</summary>
    public const string Own = "for who is signed in with the pages' cookie; PageSession sends everybody else to the sign-in";

    public static void MapPages(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/account").AsPages();
        pages.MapSignInPages();
        pages.MapProviderPages();

        var own = pages.MapGroup("").AddEndpointFilter(PageSession.OpenAsync);
        own.MapAccountPage();
        own.MapPasswordPage();
        own.MapSecondFactorPage();
        own.MapInvitationsPage();
        own.MapSignOutPage();
        own.MapLinkPage();
    }

    /// <summary>What all pages have in common: forms come from here, the chosen language is kept.</summary>
    public static TBuilder AsPages<TBuilder>(this TBuilder pages)
        where TBuilder : IEndpointConventionBuilder => pages
        .AddEndpointFilter(SameOrigin.CheckAsync).AddEndpointFilter(PageLanguage.KeepAsync)
        .DisableAntiforgery() // SameOrigin says why
        .ExcludeFromDescription();

    /// <summary>Leads a command that a form posts on to a page, or says why it was refused. Add it before the command's own
    /// filter: then it sees what the database refused, and leads on to what is committed.</summary>
    /// <param name="command">The command's endpoint.</param>
    /// <param name="page">The page to go on to.</param>
    /// <param name="done">What that page shall say.</param>
    public static RouteHandlerBuilder ThenShow(this RouteHandlerBuilder command, string page, string done) =>
        command.AddEndpointFilter(async (invocation, next) => ProblemIn(await next(invocation)) is { } problem
            ? HtmlPage.Refusing(problem, page)
            : new SeeOther($"{page}?done={done}"));

    /// <summary>Why a handler refused; <see langword="null"/> when it did not.</summary>
    public static Problem? ProblemIn(object? result) => ((result as INestedHttpResult)?.Result ?? result) as Problem;

    /// <summary>What a handler answered that cannot refuse, here.</summary>
    public static T ValueIn<T>(INestedHttpResult result) => (T)((IValueHttpResult)result.Result).Value!;
}
