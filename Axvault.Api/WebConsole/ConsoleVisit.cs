using Axvault.Api.Authentication;
using Axvault.Api.WebConsole.Inside;
using Axvault.Api.WebConsole.Layout;
using Axvault.Api.WebConsole.Sessions;
using Axvault.Client;
using Axvault.Client.Transport;

namespace Axvault.Api.WebConsole;

/// <summary>One request of a signed-in browser.</summary>
internal sealed class ConsoleVisit
{
    private readonly HttpContext _context;
    private readonly HttpClient _http;

    /// <summary>Creates the visit of a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="session">Its session.</param>
    /// <param name="form">The form that it sent; an empty one for none.</param>
    public ConsoleVisit(HttpContext context, ConsoleSession session, IFormCollection form)
    {
        (_context, Session, Form) = (context, session, form);
        _http = HttpOf(context, new SessionKey(session.KeyHash));
        Vault = new AxvaultClient(_http);
    }

    /// <summary>The session.</summary>
    public ConsoleSession Session { get; }

    /// <summary>The client of the API that acts with the session's key.</summary>
    public AxvaultClient Vault { get; }

    /// <summary>The form; empty when none was sent.</summary>
    public IFormCollection Form { get; }

    /// <summary>Creates an HTTP client of the API for the browser behind <paramref name="context"/>.</summary>
    /// <param name="context">The request.</param>
    /// <param name="key">The key of the session; <see langword="null"/> when the requests carry one.</param>
    public static HttpClient HttpOf(HttpContext context, SessionKey? key) =>
        new(new InsideHandler(context.RequestServices.GetRequiredService<VaultEntrance>(), context, key))
        {
            BaseAddress = InsideHandler.Address,
            Timeout = Timeout.InfiniteTimeSpan,
        };

    /// <summary>Returns the text of a form's field without outer white space; <see langword="null"/> when it is empty or absent.</summary>
    public string? Text(string field) => Form[field].ToString().Trim() is { Length: > 0 } text ? text : null;

    /// <summary>Returns <see langword="true"/> when the box of a form is ticked; otherwise <see langword="false"/>.</summary>
    public bool IsTicked(string field) => Form.ContainsKey(field);

    /// <summary>Sends a GET whose answer is passed on as it is. A refusal is an exception, as with <see cref="Vault"/>.</summary>
    /// <param name="path">The path below <c>/api/v1</c>, with its query.</param>
    /// <param name="accept">The accepted media type.</param>
    /// <param name="cancellationToken">The token that cancels the call.</param>
    /// <exception cref="AxvaultException">The call failed.</exception>
    public Task<HttpResponseMessage> GetAsync(string path, string accept, CancellationToken cancellationToken)
    {
        var request = ApiTransport.Request(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd(accept);
        return new ApiTransport(_http).SendAsync(request, cancellationToken);
    }

    /// <summary>Returns the frame of a page.</summary>
    /// <param name="title">The title.</param>
    /// <param name="section">The section of the navigation.</param>
    public PageFrame Frame(string title, ConsoleSection section) =>
        new(title, section, new SignedIn(Session.KeyName, Session.KeyId, Session.FormToken), Notices.Find(_context.Request.Query["done"]));

    /// <summary>Returns the answer that leads the browser to <paramref name="path"/> after a change.</summary>
    public static IResult SeeOther(string path) => new SeeOtherResult(path);

    private sealed class SeeOtherResult(string path) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = path;
            return Task.CompletedTask;
        }
    }
}
