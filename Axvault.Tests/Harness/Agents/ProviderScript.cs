using System.Text.Json;
using System.Text.Json.Nodes;

namespace Axvault.Tests.Harness.Agents;

/// <summary>The answers of providers to a prompt, each in the wire form of its path.</summary>
internal static class ProviderScript
{
    /// <summary>Returns a script that answers every prompt with <paramref name="text"/>.</summary>
    public static Func<ReceivedRequest, ScriptedAnswer> Say(string text) =>
        request =>
            request switch
            {
                { Method: "POST" } when Ends(request, "/v1/messages") => Messages(request, text),
                { Method: "POST" } when Ends(request, "/responses") => Responses(text),
                // Codex falls back from a websocket to events when it is told so.
                _ when Ends(request, "/responses") => Json(new { }, 426),
                _ when Ends(request, "/chat/completions") => Completion(text),
                _ when Ends(request, ":streamGenerateContent") => Events((null, Content(request, text))),
                _ when Ends(request, ":generateContent") => Json(Content(request, text)),
                _ when Ends(request, "/models") => Json(new { data = Array.Empty<object>(), models = Array.Empty<object>() }),
                // Gemini CLI asks these about a login.
                { Path: "/v1internal:loadCodeAssist" } => Json(
                    new { currentTier = new { id = "free-tier", name = "Free" }, cloudaicompanionProject = "project" }
                ),
                { Path: "/v1internal:listExperiments" or "/v1internal:retrieveUserQuota" or "/v1internal:fetchAdminControls" } => Json(new { }),
                { Path: "/tokeninfo" } => Json(new { expires_in = 3599, scope = "https://www.googleapis.com/auth/cloud-platform" }),
                { Path: "/oauth2/v2/userinfo" } => Json(new { email = "dev@example.com" }),
                _ => Json(new { error = new { code = 404, message = "not here" } }, 404),
            };

    private static bool Ends(ReceivedRequest request, string path) => request.Path.EndsWith(path, StringComparison.Ordinal);

    // Anthropic Messages: a message, or the events that build it.
    private static ScriptedAnswer Messages(ReceivedRequest request, string text)
    {
        var usage = new { input_tokens = 1, output_tokens = 1 };
        object Message(object[] content, string? stop) =>
            new
            {
                id = "msg_1",
                type = "message",
                role = "assistant",
                model = "m",
                content,
                stop_reason = stop,
                stop_sequence = (string?)null,
                usage,
            };
        if (JsonNode.Parse(request.Body)?["stream"]?.GetValue<bool>() != true)
        {
            return Json(Message([new { type = "text", text }], "end_turn"));
        }

        return Events(
            ("message_start", new { type = "message_start", message = Message([], null) }),
            ("content_block_start", new { type = "content_block_start", index = 0, content_block = new { type = "text", text = "" } }),
            ("content_block_delta", new { type = "content_block_delta", index = 0, delta = new { type = "text_delta", text } }),
            ("content_block_stop", new { type = "content_block_stop", index = 0 }),
            ("message_delta", new { type = "message_delta", delta = new { stop_reason = "end_turn", stop_sequence = (string?)null }, usage }),
            ("message_stop", new { type = "message_stop" })
        );
    }

    // OpenAI Responses. The members of the events are numbered, and name their type.
    private static ScriptedAnswer Responses(string text)
    {
        object Item(string status, params object[] content) => new { type = "message", id = "m1", role = "assistant", status, content };
        object Part(string said) => new { type = "output_text", text = said, annotations = Array.Empty<object>() };
        object Response(string status, params object[] output) =>
            new
            {
                id = "resp_1",
                @object = "response",
                created_at = 1,
                model = "m",
                status,
                output,
                usage = new
                {
                    input_tokens = 1,
                    output_tokens = 1,
                    total_tokens = 2,
                    input_tokens_details = new { cached_tokens = 0 },
                    output_tokens_details = new { reasoning_tokens = 0 },
                },
            };
        (string Type, object Members)[] events =
        [
            ("response.created", new { response = Response("in_progress") }),
            ("response.output_item.added", new { output_index = 0, item = Item("in_progress") }),
            ("response.content_part.added", new { item_id = "m1", output_index = 0, content_index = 0, part = Part("") }),
            ("response.output_text.delta", new { item_id = "m1", output_index = 0, content_index = 0, delta = text }),
            ("response.output_item.done", new { output_index = 0, item = Item("completed", Part(text)) }),
            ("response.completed", new { response = Response("completed", Item("completed", Part(text))) }),
        ];
        return Events([
            .. events.Select(
                static (line, index) =>
                {
                    var members = JsonSerializer.SerializeToNode(line.Members)!.AsObject();
                    (members["type"], members["sequence_number"]) = (line.Type, index);
                    return ((string?)line.Type, (object)members);
                }
            ),
        ]);
    }

    // OpenAI Chat Completions, as a stream.
    private static ScriptedAnswer Completion(string text)
    {
        object Chunk(object delta, string? reason) =>
            new
            {
                id = "c",
                @object = "chat.completion.chunk",
                created = 1,
                model = "m",
                choices = new[] { new { index = 0, delta, finish_reason = reason } },
                usage = reason is null ? null : new { prompt_tokens = 1, completion_tokens = 1, total_tokens = 2 },
            };
        var answer = Events((null, Chunk(new { role = "assistant", content = text }, null)), (null, Chunk(new { }, "stop")));
        return answer with { Body = answer.Body + "data: [DONE]\n\n" };
    }

    // Gemini. The endpoint of its login has the answer in a member.
    private static JsonNode Content(ReceivedRequest request, string text)
    {
        object[] parts = [new { text }];
        object[] candidates =
        [
            new
            {
                content = new { role = "model", parts },
                finishReason = "STOP",
                index = 0,
            },
        ];
        var response = new { candidates, usageMetadata = new { promptTokenCount = 1, candidatesTokenCount = 1, totalTokenCount = 2 } };
        object body = request.Path.StartsWith("/v1internal", StringComparison.Ordinal) ? new { response } : response;
        return JsonSerializer.SerializeToNode(body)!;
    }

    private static ScriptedAnswer Json(object body, int status = 200) => new(status, "application/json", JsonSerializer.Serialize(body));

    private static ScriptedAnswer Events(params (string? Name, object Data)[] events) =>
        new(
            200,
            "text/event-stream",
            string.Concat(
                events.Select(static line => $"{(line.Name is null ? "" : $"event: {line.Name}\n")}data: {JsonSerializer.Serialize(line.Data)}\n\n")
            )
        );
}
