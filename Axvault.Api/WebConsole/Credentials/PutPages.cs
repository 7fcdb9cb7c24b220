using System.Text;
using Axvault.Api.WebConsole.Layout;
using Axvault.Api.WebConsole.Sessions;
using Axvault.Client;
using RazorSlices;

namespace Axvault.Api.WebConsole.Credentials;

/// <summary>
/// The put of a credential in two steps: the login is recognized and shown, and stored after that. Its secrets are never sent back in the clear.
/// </summary>
internal static class PutPages
{
    /// <summary>Maps the pages.</summary>
    public static void MapPutPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/put", ShowAsync);
        pages.MapPost("/put", RecognizeAsync);
        pages.MapPost("/put/store", StoreAsync);
    }

    private static async Task<IResult> ShowAsync(ConsoleVisit visit, string? name, CancellationToken cancellationToken)
    {
        var present = name is null ? null : await visit.Vault.Credentials.FindAsync(name, cancellationToken);
        return Page(
            visit,
            new PutFields(name ?? "", present?.Agent ?? "", present?.Provider ?? "", "", present?.DisplayName ?? "", present?.Notes ?? "", false),
            null
        );
    }

    private static async Task<IResult> RecognizeAsync(ConsoleVisit visit, SessionSeal seal, CancellationToken cancellationToken)
    {
        var fields = PutFields.Of(visit);
        var text = await TextOfAsync(visit, cancellationToken);
        try
        {
            var (shape, _) = RecognizedShape.Of(text, fields);
            var replaces = await visit.Vault.Credentials.FindAsync(fields.Name, cancellationToken) is not null;
            var draft = seal.SealDraft(visit.Session, Encoding.UTF8.GetBytes(text));
            return PutConfirm.Create(new PutConfirmModel(visit.Frame("Store a credential", ConsoleSection.Credentials), fields, shape, replaces, draft));
        }
        catch (AxvaultException exception)
            when (exception.Error == AxvaultError.NotFound || FormFailure.IsOfForm(exception))
        {
            return Results.RazorSlice(Page(visit, fields, FormFailure.Of(exception)), StatusCodes.Status400BadRequest);
        }
    }

    private static async Task<IResult> StoreAsync(ConsoleVisit visit, SessionSeal seal, CancellationToken cancellationToken)
    {
        var fields = PutFields.Of(visit);
        if (seal.OpenDraft(visit.Session, visit.Text("draft") ?? "") is not { } text)
        {
            return FailurePage.Refuse("The draft is not one of this session. Paste the login again.", StatusCodes.Status400BadRequest);
        }

        try
        {
            var (_, content) = RecognizedShape.Of(Encoding.UTF8.GetString(text), fields);
            await visit.Vault.Credentials.PutAsync(fields.Name, content, force: fields.Force, cancellationToken: cancellationToken);
            return ConsoleVisit.SeeOther($"/console/credentials/{Uri.EscapeDataString(fields.Name)}?done=stored");
        }
        catch (AxvaultException exception) when (FormFailure.IsOfForm(exception))
        {
            return Results.RazorSlice(Page(visit, fields, FormFailure.Of(exception)), FormFailure.StatusOf(exception));
        }
    }

    // Without the script the browser sends the file itself.
    private static async Task<string> TextOfAsync(ConsoleVisit visit, CancellationToken cancellationToken)
    {
        if (visit.Text("data") is { } text)
        {
            return text;
        }

        if (visit.Form.Files.GetFile("file") is not { Length: > 0 } file)
        {
            return "";
        }

        using var reader = new StreamReader(file.OpenReadStream());
        return await reader.ReadToEndAsync(cancellationToken);
    }

    private static RazorSlice<PutModel> Page(ConsoleVisit visit, PutFields fields, FormFailure? failure) =>
        PutForm.Create(new PutModel(visit.Frame("Store a credential", ConsoleSection.Credentials), fields, failure));
}
